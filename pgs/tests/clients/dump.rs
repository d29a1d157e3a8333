use crate::{
    common::{Stage, password},
    peers::{client, program_18},
};
use testkit::{Program, RawClient};

const SCHEMA: &str = "CREATE TABLE parent (id int PRIMARY KEY, name text NOT NULL);
    CREATE TABLE child (id bigserial PRIMARY KEY, parent int REFERENCES parent, at timestamptz DEFAULT now());
    CREATE INDEX ON child (parent);
    CREATE VIEW both_of_them AS SELECT p.name, c.id FROM parent p JOIN child c ON c.parent = p.id;
    CREATE FUNCTION twice(i int) RETURNS int LANGUAGE sql AS 'SELECT 2 * i';
    INSERT INTO parent SELECT i, 'name ' || md5(i::text) FROM generate_series(1, 2000) i;
    INSERT INTO child (parent) SELECT 1 + i % 2000 FROM generate_series(1, 5000) i";

#[test]
fn one_tenants_dump_becomes_another_tenants_database() {
    let stage = Stage::shared();
    stage.tenant("source");
    let fingerprint = |client: &mut RawClient| {
        client.rows(
            "SELECT md5(string_agg(b::text, ',' ORDER BY b.id)), count(*), twice(21) FROM both_of_them b",
        )
    };
    let mut source = stage.frank();
    source.log_in("source", &password("source"));
    source.rows(SCHEMA);
    let directory = testkit::state_dir();
    let archive = directory.path().join("archive");
    for (target, format) in [("target", "custom"), ("target2", "directory")] {
        stage.tenant(target);
        let mut dump = client(&stage, &program_18("pg_dump"), "source");
        dump.arg(format!("--format={format}"))
            .arg("--file")
            .arg(archive.with_extension(format));
        Program::succeed(&mut dump);
        let mut restore = client(&stage, &program_18("pg_restore"), target);
        restore.args([
            "--no-owner",
            "--exit-on-error",
            "--jobs=2",
            "--dbname",
            target,
        ]);
        Program::succeed(restore.arg(archive.with_extension(format)));
        let mut restored = stage.frank();
        restored.log_in(target, &password(target));
        assert_eq!(
            fingerprint(&mut restored),
            fingerprint(&mut source),
            "{format}"
        );
    }
}
