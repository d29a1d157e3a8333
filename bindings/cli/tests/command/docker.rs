//! Tenants as containers, seen from the command line and through the proxy.

use crate::support::House;
use serde_json::Value;
use std::process::Command;
use testkit::RUN_OUT_OF_MEMORY;

const PASSWORD: &str = "over-docker";

#[test]
fn a_tenant_is_isolated_limited_and_comes_back_from_its_labels() {
    let Some(house) = House::docker() else {
        return;
    };
    house.ok(&[
        "--provisioner",
        "docker",
        "create",
        "acme",
        "--memory",
        "256m",
        "--cpus",
        "0.5",
        "--enable",
        "--password",
        PASSWORD,
    ]);
    let proxy = house.serve();
    let ask = |sql: &str| proxy.psql("acme", PASSWORD, sql);
    assert_eq!(
        ask("select current_user || ' ' || current_database()").unwrap(),
        "acme acme"
    );
    assert_eq!(ask("show shared_buffers").unwrap(), "64MB");
    ask("create table kept as select 42 as n").unwrap();

    let shown = inspect(&house);
    let host = &shown["HostConfig"];
    assert_eq!(host["NetworkMode"], "none");
    assert_eq!(
        (&host["Memory"], &host["NanoCpus"]),
        (&(256 << 20).into(), &500_000_000.into())
    );
    assert!(!shown.to_string().contains(PASSWORD) && !shown.to_string().contains("SCRAM-SHA-256$"));
    let view = house.json(&["show", "acme"]);
    assert_eq!(view["limits"]["memory"], 256 << 20);
    // An engine that is busy with other tests may not tell at once.
    testkit::until("the use is told beside the limits", || {
        let text = house.ok(&["show", "acme"]);
        let told = |limit: &str| text.contains(limit) && !text.contains("at most");
        told(" of 256M") && told(" of 0.5")
    });

    drop(proxy);
    for file in [
        "catalog.sqlite3",
        "catalog.sqlite3-wal",
        "catalog.sqlite3-shm",
    ] {
        drop(std::fs::remove_file(house.path().join(file)));
    }
    assert_eq!(house.state("acme"), None);
    let report = house.json(&["reconcile", "--rebuild"]);
    assert_eq!(report["done"][0]["done"], "rebuilt", "{report}");
    assert_eq!(house.state("acme").as_deref(), Some("running"));
    house.ok(&["enable", "acme"]);
    let proxy = house.serve();
    assert_eq!(
        proxy.psql("acme", PASSWORD, "select n from kept").unwrap(),
        "42"
    );
    assert_eq!(house.json(&["show", "acme"])["limits"]["memory"], 256 << 20);
}

#[test]
fn processes_and_containers_stand_behind_one_port_at_the_same_time() {
    let Some(house) = House::docker() else {
        return;
    };
    house.ok(&["create", "boxed", "--enable", "--password", PASSWORD]);
    house.ok(&[
        "--provisioner",
        "local",
        "create",
        "plain",
        "--enable",
        "--password",
        PASSWORD,
    ]);
    let list = house.json(&["list"]);
    let kinds: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|tenant| tenant["provisioner"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["docker", "local"]);
    let proxy = house.serve();
    for tenant in ["boxed", "plain"] {
        assert_eq!(
            proxy.psql(tenant, PASSWORD, "select current_user").unwrap(),
            tenant
        );
    }
    house.ok(&["stop"]);
    house.ok(&["start"]);
    for tenant in ["boxed", "plain"] {
        assert_eq!(
            proxy.psql(tenant, PASSWORD, "select current_user").unwrap(),
            tenant
        );
    }
    house.ok(&["remove", "boxed"]);
    assert!(
        proxy
            .psql("boxed", PASSWORD, "select 1")
            .unwrap_err()
            .contains("no tenant is named")
    );
    assert_eq!(proxy.psql("plain", PASSWORD, "select 1").unwrap(), "1");
    house.ok(&["restore", "boxed"]);
    assert_eq!(proxy.psql("boxed", PASSWORD, "select 1").unwrap(), "1");
}

#[test]
fn a_server_that_was_out_of_memory_is_started_again_and_its_event_says_why() {
    let Some(house) = House::docker() else {
        return;
    };
    house.ok(&[
        "create",
        "acme",
        "--memory",
        "96m",
        "--shm",
        "512m",
        "--superuser",
        "--enable",
        "--password",
        PASSWORD,
    ]);
    house.ok(&["create", "globex", "--enable", "--password", PASSWORD]);
    let proxy = house.serve();
    let neighbour = "select pg_postmaster_start_time()";
    let before = proxy.psql("globex", PASSWORD, neighbour).unwrap();
    let fill = format!("copy (select) to program '{RUN_OUT_OF_MEMORY}'");
    let crash = || {
        let events = house.json(&["events", "acme"]);
        let found = events
            .as_array()
            .unwrap()
            .iter()
            .rev()
            .find(|event| event["kind"] == "crashed")
            .cloned();
        found.map(|event| event["detail"].to_string())
    };
    // The connection, or the program, may be the kernel's victim first.
    testkit::until("the crash is in the log of changes", || {
        drop(proxy.psql("acme", PASSWORD, &fill));
        crash().is_some()
    });
    assert!(
        crash().unwrap().contains("memory limit of 96M was reached"),
        "{:?}",
        crash()
    );
    testkit::until("the server is back", || {
        proxy.psql("acme", PASSWORD, "select 1").is_ok()
    });
    assert_eq!(
        proxy.psql("globex", PASSWORD, neighbour).unwrap(),
        before,
        "its neighbour never noticed"
    );
}

/// What `docker inspect` shows of the one container there is.
fn inspect(house: &House) -> Value {
    let containers = house.docker_has(&["container", "ls"]).unwrap();
    let output = Command::new("docker")
        .arg("inspect")
        .args(&containers)
        .output()
        .unwrap();
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(shown.as_array().unwrap().len(), 1);
    shown[0].clone()
}
