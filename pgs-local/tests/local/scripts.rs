use crate::machine::{Machine, Tenant, text};
use pgs_core::{
    ErrorKind, InitScript, Result,
    provision::{Provisioner, ScriptOutcome},
};

async fn run(machine: &Machine, tenant: &Tenant, script: InitScript) -> Result<ScriptOutcome> {
    machine
        .local
        .admin(tenant.uid)
        .await
        .unwrap()
        .run_script(&tenant.id, &script)
        .await
}

#[tokio::test]
async fn a_script_runs_once_and_what_it_makes_is_the_tenants() {
    for major in [18, 15] {
        let machine = Machine::new();
        let tenant = machine.tenant("acme", major).await;
        let script = || {
            InitScript::new(
                "one.sql",
                "CREATE TABLE made (n int); INSERT INTO made VALUES (1);\nCREATE SCHEMA own; CREATE TABLE own.t (n int);",
            )
        };
        assert_eq!(
            run(&machine, &tenant, script()).await.unwrap(),
            ScriptOutcome::Applied
        );
        assert_eq!(
            run(&machine, &tenant, script()).await.unwrap(),
            ScriptOutcome::AlreadyApplied
        );

        let client = tenant.client().await;
        assert_eq!(text(&client, "SELECT count(*)::text FROM made").await, "1");
        let strangers = "SELECT count(*)::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
             WHERE nspname IN ('public', 'own') AND relowner <> 'acme'::regrole";
        assert_eq!(text(&client, strangers).await, "0");
        assert_eq!(
            text(
                &client,
                r"SELECT count(*)::text FROM pg_roles WHERE rolname LIKE 'pgs\_init\_%'"
            )
            .await,
            "0"
        );
        assert_eq!(
            text(&client, "SELECT name || ' ' || role FROM pgs.init_script").await,
            "one.sql tenant"
        );
        assert!(
            client
                .batch_execute("DELETE FROM pgs.init_script")
                .await
                .is_err()
        );
        // What pg_dump does first with every table there is.
        let lock = "BEGIN; LOCK TABLE pgs.init_script IN ACCESS SHARE MODE; COMMIT";
        client.batch_execute(lock).await.unwrap();
    }
}

#[tokio::test]
async fn a_failing_script_leaves_nothing_and_names_its_line() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    for (sql, line, words) in [
        (
            "CREATE TABLE half (n int);\n-- ä\nSELEC 1;",
            3,
            "syntax error at or near \"SELEC\" (SQLSTATE 42601)",
        ),
        (
            "CREATE TABLE half (n int);\n\nSELECT 1/0;",
            3,
            "division by zero (SQLSTATE 22012)",
        ),
        (
            "CREATE TABLE half (n int UNIQUE);\nINSERT INTO half VALUES (1);\nINSERT INTO half\nVALUES (1);",
            3,
            "(SQLSTATE 23505)",
        ),
        (
            "CREATE TABLE half (n int);\n\\connect other",
            2,
            "syntax error",
        ),
        ("CREATE TABLE half (n int);\nCOPY half FROM STDIN;", 2, ""),
        (
            "CREATE TABLE half (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO half VALUES (1), (1);",
            2,
            "(SQLSTATE 23505)",
        ),
        (
            "CREATE TABLE half (n int);\nCOMMIT;\nSELECT 1/0",
            2,
            "transaction",
        ),
        (
            "CREATE TABLE half (n int);\nROLLBACK; CREATE TABLE half (n int)",
            2,
            "transaction",
        ),
        (
            "CREATE TABLE half (n int);\nDO $$ BEGIN COMMIT; END $$",
            2,
            "(SQLSTATE 2D000)",
        ),
    ] {
        let error = run(&machine, &tenant, InitScript::new("bad.sql", sql))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InitScript, "{sql}");
        let beginning = format!("init script `bad.sql` failed at line {line}");
        assert!(error.to_string().starts_with(&beginning), "{sql}: {error}");
        assert!(error.to_string().contains(words), "{sql}: {error}");
        let left = text(
            &tenant.client().await,
            "SELECT (to_regclass('half') IS NULL)::text",
        )
        .await;
        assert_eq!(left, "true", "{sql}");
    }
    let good = InitScript::new("bad.sql", "CREATE TABLE whole (n int)");
    assert_eq!(
        run(&machine, &tenant, good).await.unwrap(),
        ScriptOutcome::Applied
    );
}

#[tokio::test]
async fn a_script_has_the_tenants_rights_and_no_way_to_others() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    for sql in [
        "RESET ROLE; CREATE ROLE mine SUPERUSER",
        "SET ROLE NONE; CREATE ROLE mine SUPERUSER",
        "SET SESSION AUTHORIZATION pgs_admin",
        "RESET SESSION AUTHORIZATION; CREATE ROLE mine SUPERUSER",
        "ALTER ROLE CURRENT_USER SUPERUSER",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ] {
        let error = run(&machine, &tenant, InitScript::new("grab.sql", sql))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InitScript, "{sql}");
        assert!(error.to_string().contains("42501"), "{sql}: {error}");
    }
    let reset = InitScript::new(
        "reset.sql",
        "RESET ROLE; CREATE TABLE a (n int); SET ROLE NONE; CREATE TABLE b (n int)",
    );
    run(&machine, &tenant, reset).await.unwrap();
    let owners =
        "SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(text(&tenant.client().await, owners).await, "acme");
}

#[tokio::test]
async fn an_admins_script_may_do_what_the_tenant_may_not() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let sql = "ALTER ROLE acme SET log_statement = 'ddl'";
    assert!(
        run(&machine, &tenant, InitScript::new("1.sql", sql))
            .await
            .is_err()
    );
    run(&machine, &tenant, InitScript::new("1.sql", sql).as_admin())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_schema_of_the_tenants_in_place_of_the_managers_is_not_trusted() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let client = tenant.client().await;
    client
        .batch_execute("CREATE SCHEMA pgs; CREATE VIEW pgs.init_script AS SELECT 'x'::text AS name, 'x'::text AS sha256, 1/0 AS n")
        .await
        .unwrap();
    let error = run(&machine, &tenant, InitScript::new("1.sql", "SELECT 1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongState);
}
