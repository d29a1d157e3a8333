//! The example for Compose, as its users run it: the real Compose, `compose.yaml` and Dockerfile, and tenants beside it.

mod project;

use crate::support::psql_command;
use project::Project;
use serde_json::Value;

#[test]
fn the_proxys_container_is_replaced_and_tenants_go_on() {
    let Some(project) = Project::build() else {
        return;
    };
    let port = project.up(&[]);
    let created = project.pgs(&["--json", "create", "acme", "--enable"]);
    let created: Value = serde_json::from_str(&created).unwrap();
    let password = created["password"].as_str().unwrap();
    ask(port, password, "create table kept as select 42 as n");
    let (server, started) = (project.tenants(&["ps"]), started(port, password));
    assert_eq!(server.len(), 1);

    project.compose(&["down"]);
    assert_eq!(project.tenants(&["ps"]), server);
    let port = project.up(&[]);
    assert_eq!(ask(port, password, "select n from kept"), "42");
    // What an upgrade does, where only the image is another one.
    let port = project.up(&["--force-recreate"]);
    assert_eq!(ask(port, password, "select n from kept"), "42");
    assert_eq!(project.tenants(&["ps"]), server);
    assert_eq!(self::started(port, password), started);

    project.pgs(&["remove", "--purge", "--yes", "acme"]);
    assert_eq!(project.tenants(&["ps", "--all"]), [""; 0]);
    assert_eq!(project.tenants(&["volume", "ls"]), [""; 0]);
    wrong_mounts_are_named(&project);
}

/// The mistakes that are easily made when the example is changed.
fn wrong_mounts_are_named(project: &Project) {
    let says = |options: &[&str], args: &[&str], code: i32, words: &str| {
        let output = project.run(options, args);
        let said = format!("{output:?}");
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
    };
    let socket = format!("--volume={}:/var/run/docker.sock", project.socket());
    let state = project.state_dir().display().to_string();
    let elsewhere = [&socket, &format!("--volume={state}:/else{state}")];
    let at = format!("--env=PGS_STATE_DIR=/else{state}");

    says(
        &[],
        &["doctor"],
        7,
        "/var/run/docker.sock:/var/run/docker.sock",
    );
    let create = ["create", "acme"];
    let remedy = format!("--volume /else{state}:/else{state}");
    says(&[elsewhere[0], elsewhere[1], &at], &create, 2, &remedy);
    says(
        &["--read-only", &socket],
        &create,
        8,
        "mount the state directory",
    );
}

fn started(port: u16, password: &str) -> String {
    ask(port, password, "select pg_postmaster_start_time()")
}

fn ask(port: u16, password: &str, sql: &str) -> String {
    let mut psql = psql_command(port, "acme", password);
    let output = psql.args(["-c", sql]).output().unwrap();
    assert!(output.status.success(), "{sql}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
