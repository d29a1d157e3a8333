//! An engine that is away takes only its own tenants' states with it.

use crate::support::House;
use pgs::catalog::EventKind;
use pgs::{
    Config, Desired, InstanceSpec, Lifecycle, PgMajor, Pgs, TenantRecord, TenantUid, Timestamp,
};
use std::{
    os::unix::net::UnixListener,
    path::Path,
    time::{Duration, Instant},
};

/// A house with a tenant of each provisioner, and no engine where the configuration says.
async fn house() -> House {
    let house = House::new();
    engine_at(&house, Path::new("/nowhere/docker.sock"));
    house.ok(&["create", "here"]);
    record_container(&house, "there", Lifecycle::Running).await;
    house
}

fn engine_at(house: &House, socket: &Path) {
    let config = format!("[docker]\nhost = \"unix://{}\"\n", socket.display());
    std::fs::write(house.path().join("pgs.toml"), config).unwrap();
}

/// An engine that takes every connection and never says a word; it hangs for as long as this is held.
fn hanging_engine(house: &House) -> UnixListener {
    let socket = house.path().join("engine.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    engine_at(house, &socket);
    listener
}

/// The record alone: what is in the engine cannot be seen anyway.
async fn record_container(house: &House, name: &str, lifecycle: Lifecycle) {
    std::fs::create_dir_all(house.path().join("docker")).unwrap();
    let mut config = Config::default();
    config.state_dir = Some(house.path().to_owned());
    let pgs = Pgs::open_as_found(&config).unwrap();
    let now = Timestamp::from_millis(1_700_000_000_000);
    let (id, uid) = (name.parse().unwrap(), TenantUid::new(now));
    let spec = InstanceSpec::default();
    let mut record = TenantRecord::creating(id, uid, "docker", PgMajor::NEWEST, spec, now);
    if lifecycle == Lifecycle::Stopped {
        record.desired = Desired::Stopped;
    }
    record.lifecycle = lifecycle;
    let catalog = pgs.manager().catalog();
    catalog
        .insert(&record, EventKind::Created, now)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_goes_on_without_it() {
    let house = house().await;
    let list = house.json(&["list", "--stats"]);
    assert_eq!(list[1]["is_down"], false, "{list}");
    assert_eq!(list[1]["stats"]["sessions"], 0, "{list}");
    assert!(list[0]["is_down"].is_null(), "{list}");
    assert!(list[0]["problem"]["message"].is_string(), "{list}");
    let text = house.ok(&["list"]);
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("here").contains("running"), "{text}");
    assert!(line("there").contains("unknown"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_asks_one_that_hangs_only_once() {
    let house = House::new();
    let engine = hanging_engine(&house);
    for name in ["a", "b", "c", "d"] {
        record_container(&house, name, Lifecycle::Running).await;
    }
    record_container(&house, "resting", Lifecycle::Stopped).await;
    let begun = Instant::now();
    let list = house.json(&["list", "--stats"]);
    assert!(begun.elapsed() < Duration::from_secs(5), "{list}");
    for tenant in list.as_array().unwrap() {
        let is_known = tenant["id"] == "resting";
        assert_eq!(tenant["is_down"].is_null(), !is_known, "{tenant}");
        assert_eq!(tenant["problem"].is_null(), is_known, "{tenant}");
    }
    engine.set_nonblocking(true).unwrap();
    let asked = std::iter::from_fn(|| engine.accept().ok()).count();
    assert_eq!(asked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reconciling_and_starting_go_on_without_it() {
    let house = house().await;
    house.ok(&["stop", "here"]);
    let outcomes = house.run(&["--json", "start"]);
    assert!(!outcomes.status.success());
    assert_eq!(house.state("here").as_deref(), Some("running"));

    let output = house.run(&["--json", "reconcile"]);
    assert!(!output.status.success());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        report["unreachable"][0]["provisioner"], "docker",
        "{report}"
    );
    assert_eq!(report["problems"], serde_json::json!([]), "{report}");
    assert_eq!(house.run(&["doctor"]).status.code(), Some(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_elsewhere_does_not_wait_for_one_that_hangs() {
    let house = House::new();
    let _engine = hanging_engine(&house);
    record_container(&house, "there", Lifecycle::Creating).await;
    // What a first create makes once, such as the template, is not to be measured.
    house.ok(&["--provisioner", "local", "create", "first"]);
    let begun = Instant::now();
    house.ok(&["--provisioner", "local", "create", "here"]);
    let taken = begun.elapsed();
    assert!(taken < Duration::from_secs(10), "{taken:?}");
    assert_eq!(house.state("there").as_deref(), Some("creating"));
}

/// Shows the tenant of an engine that does not answer, which must not take long.
fn show_there(house: &House) -> String {
    let begun = Instant::now();
    let shown = house.json(&["show", "there"]);
    let text = house.ok(&["show", "there"]);
    assert!(begun.elapsed() < Duration::from_secs(7), "{text}");
    assert!(shown["is_up"].is_null(), "{shown}");
    assert_eq!(shown["provisioner"], "docker", "{shown}");
    assert!(
        text.lines()
            .any(|line| line.starts_with("state ") && line.contains("unknown")),
        "{text}"
    );
    let problem = shown["problem"]["message"].as_str().unwrap();
    assert!(text.contains(problem), "{text}");
    problem.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_of_it_is_shown_as_recorded_with_the_reason() {
    let house = house().await;
    assert!(show_there(&house).contains("no Docker Engine answers"));
    let _engine = hanging_engine(&house);
    assert!(show_there(&house).contains("did not answer within 2 s"));
    let here = house.json(&["show", "here"]);
    assert_eq!(here["is_up"], true, "{here}");
    assert!(here["problem"].is_null(), "{here}");
}
