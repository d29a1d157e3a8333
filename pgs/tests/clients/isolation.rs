use crate::common::{Stage, password};
use testkit::RawClient;

fn session(stage: &Stage, name: &str) -> RawClient {
    stage.tenant(name);
    let mut client = stage.frank();
    client.log_in(name, &password(name));
    client
}

#[test]
fn each_tenant_has_a_server_of_its_own() {
    let stage = Stage::shared();
    let (mut acme, mut beta) = (session(&stage, "acme"), session(&stage, "beta"));
    for question in [
        "SELECT system_identifier FROM pg_control_system()",
        "SELECT current_setting('cluster_name')",
        "SELECT pg_postmaster_start_time()::text || pg_backend_pid()",
    ] {
        assert_ne!(acme.value(question), beta.value(question), "{question}");
    }
    for (client, name) in [(&mut acme, "acme"), (&mut beta, "beta")] {
        let others = "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database WHERE NOT datistemplate";
        assert_eq!(client.value(others), format!("{name},postgres"));
        let roles =
            "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin";
        assert_eq!(client.value(roles), format!("{name},pgs_admin"));
    }
}

#[test]
fn a_tenant_cannot_look_out_of_its_server() {
    let stage = Stage::shared();
    let mut acme = session(&stage, "acme");
    for attempt in [
        "SHOW data_directory",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT rolpassword FROM pg_authid",
        "ALTER SYSTEM SET work_mem = '8MB'",
        "SET ROLE pgs_admin",
        "CREATE EXTENSION file_fdw",
        "GRANT pg_read_server_files TO acme",
        "SELECT lo_export(1, '/tmp/x')",
    ] {
        let answers = acme.ask(attempt);
        let refused = answers.iter().find_map(testkit::Frame::sqlstate);
        assert_eq!(refused.as_deref(), Some("42501"), "{attempt}");
    }
}

#[test]
fn a_password_opens_one_tenant_only() {
    let stage = Stage::shared();
    drop((session(&stage, "acme"), session(&stage, "beta")));
    let startup = testkit::message::startup(testkit::message::V3_0, "beta");
    let greeting = stage.frank().login(&startup, &password("acme"));
    assert_eq!(greeting.sqlstate().as_deref(), Some("28P01"));
}
