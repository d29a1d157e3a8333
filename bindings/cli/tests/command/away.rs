//! An engine that is away takes only its own tenants' states with it.

use crate::support::House;
use pgs::catalog::EventKind;
use pgs::{Config, InstanceSpec, Lifecycle, PgMajor, Pgs, TenantRecord, TenantUid, Timestamp};

/// A house with a tenant of each provisioner, and no engine where the configuration says.
async fn house() -> House {
    let house = House::new();
    let nowhere = "[docker]\nhost = \"unix:///nowhere/docker.sock\"\n";
    std::fs::write(house.path().join("pgs.toml"), nowhere).unwrap();
    house.ok(&["create", "here"]);
    std::fs::create_dir(house.path().join("docker")).unwrap();
    record_container(&house).await;
    house
}

/// The record alone: what is in the engine cannot be seen anyway.
async fn record_container(house: &House) {
    let mut config = Config::default();
    config.state_dir = Some(house.path().to_owned());
    let pgs = Pgs::open_as_found(&config).unwrap();
    let now = Timestamp::from_millis(1_700_000_000_000);
    let (id, uid) = ("there".parse().unwrap(), TenantUid::new(now));
    let spec = InstanceSpec::default();
    let mut record = TenantRecord::creating(id, uid, "docker", PgMajor::NEWEST, spec, now);
    record.lifecycle = Lifecycle::Running;
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
    assert_eq!(report["problems"][0]["id"], "there", "{report}");
    assert_eq!(house.run(&["doctor"]).status.code(), Some(7));
}
