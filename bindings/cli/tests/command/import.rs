//! `pgs import`: tenants of an old folder, whose servers here are plain ones with a port of their own.

use crate::support::{House, psql_command};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;
use testkit::{Docker, ReferenceServer, until};

const PASSWORD: &str = "old:and\\odd";

#[test]
fn tenants_come_over_with_their_data_and_are_left_alone_the_next_time() {
    let (acme, globex) = (old_server(15, "acme"), old_server(18, "globex"));
    fill(&acme, "acme", 1000);
    fill(&globex, "globex", 7);
    let folder = Folder::new();
    folder.compose(&[
        service("acme", "postgres:15", Some(&acme)),
        service("globex", "postgres:18", Some(&globex)),
        "  haproxy: {image: 'haproxy:2.9', ports: ['5432:5432']}\n".to_owned(),
    ]);
    folder.access(r#"{"acme": true, "globex": {"enabled": false}}"#);
    // It made the old database, whose dump has what came of it.
    folder.write("init.sql", "create table kept (n int)");
    let before = folder.files();

    let house = House::new();
    let planned = house.json(&["import", "--dry-run", folder.path()]);
    assert_eq!(planned["tenants"][0]["pg_version"], 15, "{planned}");
    assert_eq!(planned["others"][0], "haproxy");
    assert!(!planned.to_string().contains("odd"), "{planned}");
    let said = house.ok(&["import", "--dry-run", folder.path()]);
    assert!(said.contains("Nothing was done"), "{said}");
    assert_eq!(house.state("acme"), None);

    let done = house.json(&["import", folder.path()]);
    assert_eq!(done["tenants"][0]["done"], "imported", "{done}");
    assert_eq!(done["tenants"][1]["done"], "imported", "{done}");
    let left = done["tenants"][0]["notes"].to_string();
    assert!(left.contains("role pgs_admin stays behind"), "{left}");
    let proxy = house.serve();
    let ask = |tenant: &str, sql: &str| proxy.psql(tenant, PASSWORD, sql);
    assert_eq!(
        ask("acme", "select count(*), sum(n) from kept"),
        Ok("1000|500500".into())
    );
    assert_eq!(ask("acme", "show server_version_num").unwrap()[..2], *"15");
    assert_eq!(ask("acme", "select twice(21)").unwrap(), "42");
    assert_eq!(
        ask("acme", "insert into kept values (1) returning id")
            .unwrap()
            .lines()
            .next(),
        Some("1001")
    );
    assert_eq!(
        ask(
            "acme",
            "select tableowner from pg_tables where tablename = 'kept'"
        )
        .unwrap(),
        "acme"
    );
    let refused = ask("globex", "select 1").unwrap_err();
    assert!(
        refused.contains("not enabled") || refused.contains("disabled"),
        "{refused}"
    );
    house.ok(&["enable", "globex"]);
    assert_eq!(ask("globex", "select count(*) from kept").unwrap(), "7");

    // The second time, nothing happens, whatever the old server has by then.
    fill(&acme, "acme", 3);
    let again = house.json(&["import", folder.path()]);
    for tenant in again["tenants"].as_array().unwrap() {
        assert_eq!(tenant["done"], "skipped", "{again}");
    }
    assert_eq!(ask("acme", "select count(*) from kept").unwrap(), "1001");
    house.ok(&["remove", "--purge", "--yes", "acme"]);
    let again = house.json(&["import", folder.path()]);
    let reason = again["tenants"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("--tenant acme"), "{reason}");
    house.ok(&["import", folder.path(), "--tenant", "acme"]);
    assert_eq!(ask("acme", "select count(*) from kept").unwrap(), "3");

    assert_eq!(folder.files(), before, "the old files are as they were");
    assert!(passfiles(&house).is_empty());
}

#[test]
fn what_cannot_be_reached_is_told_and_can_be_made_without_data() {
    let gone = old_server(18, "acme");
    let folder = Folder::new();
    folder.compose(&[
        service("acme", "postgres:18", Some(&gone)),
        service("globex", "postgres:18", None),
    ]);
    folder.access(r#"{"acme": true}"#);
    folder.write("init.sql", "create table made (n int)");
    gone.stop();

    let house = House::new();
    let output = house.run(&["--json", "import", folder.path()]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (number, name) in ["acme", "globex"].into_iter().enumerate() {
        let error = &done["tenants"][number]["error"];
        assert_eq!(error["code"], "not_found", "{done}");
        let remedy = error["remedy"].as_str().unwrap();
        let from = format!("--from {name}=postgresql://");
        assert!(
            remedy.contains(&from) && remedy.contains("--without-data"),
            "{remedy}"
        );
        assert_eq!(house.state(name), None);
    }

    house.ok(&["import", folder.path(), "--without-data"]);
    let proxy = house.serve();
    assert_eq!(
        proxy
            .psql("acme", PASSWORD, "select count(*) from made")
            .unwrap(),
        "0"
    );
    let again = house.json(&["import", folder.path()]);
    let reason = again["tenants"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("pgs remove --purge acme"), "{reason}");

    // Where the files do not say where it is, or not any more.
    let elsewhere = old_server(18, "acme");
    fill(&elsewhere, "acme", 5);
    house.ok(&["remove", "--purge", "--yes", "acme"]);
    let from = format!("acme=postgresql://acme@{}/acme", elsewhere.address());
    house.ok(&["import", folder.path(), "--tenant", "acme", "--from", &from]);
    assert_eq!(
        proxy
            .psql("acme", PASSWORD, "select count(*) from kept")
            .unwrap(),
        "5"
    );
}

#[test]
fn a_failed_import_leaves_nothing_behind() {
    let server = old_server(18, "acme");
    let folder = Folder::new();
    let written = service("acme", "postgres:18", Some(&server));
    folder.compose(&[written.replace("old:and", "new:and")]);
    let house = House::new();
    let output = house.run(&["import", folder.path()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(10), "{said}");
    assert!(said.contains("password authentication failed"), "{said}");
    assert!(!said.contains("and\\odd"), "{said}");
    assert_eq!(house.state("acme"), None);
    assert!(passfiles(&house).is_empty());

    // A role that only the old server has; the server's own words tell.
    fill(&server, "acme", 2);
    let owner = ask(
        &server,
        "create role auditor; create policy p on kept to auditor",
    );
    assert!(owner.is_ok(), "{owner:?}");
    folder.compose(&[written]);
    let output = house.run(&["import", folder.path()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("role \"auditor\" does not exist"), "{said}");
    assert_eq!(house.state("acme"), None);

    ask(&server, "drop policy p on kept").unwrap();
    house.ok(&["import", folder.path()]);
    assert_eq!(house.state("acme").as_deref(), Some("running"));
}

/// More than a pipe holds, of which nobody takes anything.
#[test]
fn a_copy_that_fails_early_ends_however_much_is_left_to_copy() {
    let server = old_server(18, "acme");
    fill(&server, "acme", 300_000);
    let in_c = "create function c() returns language_handler language c
                as '$libdir/plpgsql', 'plpgsql_call_handler'";
    server.admin().ask("alter role acme superuser");
    ask(&server, in_c).unwrap();
    let folder = Folder::new();
    folder.compose(&[service("acme", "postgres:18", Some(&server))]);
    let house = House::new();
    let output = house.run(&["import", folder.path()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("permission denied for language c"), "{said}");
    assert_eq!(house.state("acme"), None);
    assert!(passfiles(&house).is_empty());
}

#[test]
fn an_interrupted_import_takes_its_tenant_back_and_begins_no_other() {
    let server = old_server(18, "acme");
    fill(&server, "acme", 10);
    let folder = Folder::new();
    folder.compose(&[
        service("acme", "postgres:18", Some(&server)),
        service("globex", "postgres:18", None),
    ]);
    let house = House::new();

    let lock = Lock::on(&server);
    let mut command = house.command(&["--json", "import", folder.path()]);
    let import = command.stdout(Stdio::piped()).spawn().unwrap();
    until("the tenant waits for its data", || {
        !passfiles(&house).is_empty()
    });
    kill_process(Pid::from_child(&import), Signal::INT).unwrap();
    let output = import.wait_with_output().unwrap();
    lock.release();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!([{"id": "acme", "done": "interrupted"}]);
    assert_eq!(done["tenants"], expected);
    assert_eq!(house.json(&["list"]), serde_json::json!([]));
    assert_eq!(house.json(&["list", "--trash"]), serde_json::json!([]));
    assert!(passfiles(&house).is_empty());
}

#[test]
fn limits_that_a_local_server_cannot_have_do_not_stop_an_import() {
    let folder = Folder::new();
    let limited = |name: &str, limit: &str| {
        let service = service(name, "postgres:18", None);
        format!("{service}    {limit}\n")
    };
    folder.compose(&[
        limited("acme", "shm_size: 64m"),
        limited("globex", "mem_limit: 1m"),
    ]);
    folder.write("init.sql", "create table made (n int)");
    let house = House::new();
    let import = ["--json", "import", "--without-data", folder.path()];
    let planned = house.json(&[&import[1..], &["--dry-run"]].concat());
    assert_eq!(planned["tenants"][0]["limits"]["shm"], Value::Null);
    let output = house.run(&import);
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    for told in [&planned, &done] {
        let notes = told["tenants"][0]["notes"].to_string();
        assert!(notes.contains("`shm_size` is left out"), "{told}");
    }
    assert_eq!(
        done["tenants"][1]["error"]["code"], "invalid_input",
        "{done}"
    );
    house.ok(&[&import[..], &["--without-limits"]].concat());
    assert_eq!(house.state("globex").as_deref(), Some("running"));
}

#[test]
fn what_a_killed_import_left_is_taken_back_and_made_anew() {
    let server = old_server(18, "acme");
    fill(&server, "acme", 10);
    let folder = Folder::new();
    folder.compose(&[service("acme", "postgres:18", Some(&server))]);
    folder.access(r#"{"acme": true}"#);
    let house = House::new();

    let lock = Lock::on(&server);
    let mut import = house.command(&["import", folder.path()]).spawn().unwrap();
    until("the tenant is there and waits for its data", || {
        house.state("acme").as_deref() == Some("running") && !passfiles(&house).is_empty()
    });
    let busy = house.fails(&["import", folder.path()]);
    assert_eq!(busy, (6, "busy".to_owned()));
    let first = house.json(&["show", "acme"])["uid"].clone();
    import.kill().unwrap();
    import.wait().unwrap();
    lock.release();

    let done = house.json(&["import", folder.path()]);
    assert_eq!(done["tenants"][0]["done"], "imported", "{done}");
    assert_ne!(house.json(&["show", "acme"])["uid"], first);
    assert_eq!(house.json(&["list", "--trash"]), serde_json::json!([]));
    let proxy = house.serve();
    assert_eq!(
        proxy
            .psql("acme", PASSWORD, "select count(*) from kept")
            .unwrap(),
        "10"
    );
    assert!(passfiles(&house).is_empty());
}

#[test]
fn an_old_container_without_a_published_port_is_found_by_its_name() {
    let (Some(docker), Some(house)) = (Docker::find("an import from a container"), House::docker())
    else {
        return;
    };
    let folder = Folder::new();
    folder.compose(&[service("acme", &docker.image_18, None)
        .replace("    container_name: nobody_has_acme\n", "")]);
    folder.access(r#"{"acme": true}"#);
    let project = Path::new(folder.path()).file_name().unwrap();
    let name = format!("{}-acme-1", project.to_str().unwrap().to_lowercase());
    let old = OldContainer::run(&docker, &name);
    old.psql("create table kept as select generate_series(1, 9) as n");

    house.ok(&["import", folder.path()]);
    let proxy = house.serve();
    assert_eq!(
        proxy
            .psql("acme", PASSWORD, "select count(*) from kept")
            .unwrap(),
        "9"
    );
    assert_eq!(house.json(&["list"])[0]["provisioner"], "docker");
    old.psql("insert into kept values (10)");
}

/// A container as Compose would have made it.
struct OldContainer<'a> {
    docker: &'a Docker,
    name: &'a str,
}

impl<'a> OldContainer<'a> {
    fn run(docker: &'a Docker, name: &'a str) -> Self {
        let old = Self { docker, name };
        let password = format!("POSTGRES_PASSWORD={PASSWORD}");
        old.docker(&[
            "run",
            "--detach",
            "--name",
            name,
            "--env",
            "POSTGRES_USER=acme",
            "--env",
            &password,
            &docker.image_18,
        ])
        .unwrap();
        // While it is made, its server has no port.
        until("the old server answers", || {
            let asked = ["exec", name, "pg_isready", "--host", "127.0.0.1"];
            old.docker(&asked).is_ok()
        });
        old
    }

    fn psql(&self, sql: &str) {
        self.docker(&["exec", self.name, "psql", "-U", "acme", "-c", sql])
            .unwrap();
    }

    fn docker(&self, args: &[&str]) -> Result<(), String> {
        let mut command = Command::new("docker");
        command.args(["--host", &self.docker.host]).args(args);
        let output = command.output().unwrap();
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

impl Drop for OldContainer<'_> {
    fn drop(&mut self) {
        drop(self.docker(&["rm", "--force", "--volumes", self.name]));
    }
}

#[test]
fn names_that_will_not_do_are_refused_before_anything_is_made() {
    let folder = Folder::new();
    folder.compose(&[service("Acme.Corp", "postgres:18", None)]);
    let house = House::new();
    let output = house.run(&["import", "--without-data", folder.path()]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--rename Acme.Corp=acme-corp"), "{said}");
    let rename = ["--rename", "Acme.Corp=corp"];
    let import = ["import", "--without-data", folder.path()];
    folder.write("init.sql", "create table made (n int)");
    house.ok(&[import.as_slice(), &rename].concat());
    assert_eq!(house.state("corp").as_deref(), Some("running"));

    house.ok(&["create", "globex"]);
    folder.compose(&[service("globex", "postgres:18", None)]);
    let output = house.run(&["--json", "import", "--without-data", folder.path()]);
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let nobody = ["import", folder.path(), "--tenant", "nobody"];
    assert_eq!(house.fails(&nobody), (2, "invalid_input".to_owned()));
}

/// A folder as the old tool would have it.
struct Folder {
    directory: TempDir,
}

impl Folder {
    fn new() -> Self {
        Self {
            directory: testkit::state_dir(),
        }
    }

    fn path(&self) -> &str {
        self.directory.path().to_str().unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).unwrap();
    }

    fn compose(&self, services: &[String]) {
        let text = format!("version: '3.8'\nservices:\n{}", services.concat());
        self.write("docker-compose.yml", &text);
    }

    fn access(&self, text: &str) {
        self.write("tenant-access.json", text);
    }

    fn files(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut files: Vec<_> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                (
                    path.display().to_string(),
                    fs::read_to_string(path).unwrap(),
                )
            })
            .collect();
        files.sort();
        files
    }
}

fn service(name: &str, image: &str, server: Option<&ReferenceServer>) -> String {
    let ports = server.map_or_else(String::new, |server| {
        format!("    ports: ['{}:5432']\n", server.address())
    });
    format!(
        "  {name}:\n    image: {image}\n    container_name: nobody_has_{name}\n    environment:\n      - POSTGRES_USER={name}\n      - POSTGRES_PASSWORD={PASSWORD}\n    volumes: ['./init.sql:/docker-entrypoint-initdb.d/init.sql:ro']\n{ports}"
    )
}

fn old_server(major: u16, tenant: &str) -> ReferenceServer {
    ReferenceServer::start(major, &[(tenant, PASSWORD)])
}

/// Makes what a dump must have all of, instead of what was there.
fn fill(server: &ReferenceServer, tenant: &str, rows: u32) {
    let sql = format!(
        "drop table if exists kept cascade;
         create table kept (n int not null, id bigserial primary key);
         insert into kept select generate_series(1, {rows});
         create index on kept (n);
         create or replace view few as select n from kept where n < 10;
         create or replace function twice(int) returns int language sql as 'select $1 * 2'"
    );
    let output = psql(server, tenant).args(["-c", &sql]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn ask(server: &ReferenceServer, sql: &str) -> Result<String, String> {
    let output = psql(server, "acme").args(["-c", sql]).output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(String::from_utf8(output.stderr).unwrap())
    }
}

fn psql(server: &ReferenceServer, tenant: &str) -> Command {
    psql_command(server.address().port(), tenant, PASSWORD)
}

/// A session that has a table to itself, so that a dump waits.
struct Lock {
    session: Child,
}

impl Lock {
    fn on(server: &ReferenceServer) -> Self {
        let mut session = psql(server, "acme")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = session.stdin.as_ref().unwrap();
        stdin
            .write_all(b"begin; lock table kept;\n\\echo locked\n")
            .unwrap();
        let mut said = BufReader::new(session.stdout.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap() == "locked"));
        Self { session }
    }

    fn release(mut self) {
        drop(self.session.stdin.take());
        assert!(self.session.wait().unwrap().success());
    }
}

fn passfiles(house: &House) -> Vec<String> {
    let Ok(entries) = fs::read_dir(house.path().join("import")) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "pgpass")
        })
        .collect()
}
