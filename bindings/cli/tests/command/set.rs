//! `pgs set`: limits and settings change under a running server, or nothing changes at all.

use crate::support::{House, Served};
use std::path::{Path, PathBuf};

const PASSWORD: &str = "set-and-lift";

#[test]
fn limits_and_settings_change_under_a_running_server() {
    let house = House::new();
    let create = ["create", "acme", "--password", PASSWORD, "--enable"];
    let limited = house.run(&[create.as_slice(), &["--memory", "256m"]].concat());
    if limited.status.code() == Some(7) {
        return testkit::skip(
            "limits changed by pgs set",
            &String::from_utf8_lossy(&limited.stderr),
        );
    }
    assert!(limited.status.success(), "{limited:?}");
    let proxy = house.serve();
    let before = since(&proxy);
    assert_eq!(ask(&proxy, "show shared_buffers"), "64MB");
    assert_eq!(memory_limit(&house), 256 << 20);

    let change = ["set", "acme", "--memory", "512m", "--set", "work_mem=9MB"];
    let told = house.json(&change);
    assert_eq!(told["at_next_start"][0], "shared_buffers", "{told}");
    assert_eq!(memory_limit(&house), 512 << 20);
    assert_eq!(ask(&proxy, "show work_mem"), "9MB");
    assert_eq!(ask(&proxy, "show shared_buffers"), "64MB");
    assert_eq!(since(&proxy), before, "the server was not restarted");
    let shown = house.ok(&["show", "acme"]);
    assert!(shown.contains("of 512M"), "{shown}");
    // Told again as long as it waits, though there is nothing left to change.
    let said = house.ok(&change);
    assert!(said.contains("pgs stop acme && pgs start acme"), "{said}");

    house.ok(&["stop", "acme"]);
    let shown = house.ok(&["show", "acme"]);
    assert!(shown.contains("at most 512M"), "{shown}");
    house.ok(&["start", "acme"]);
    assert_eq!(ask(&proxy, "show shared_buffers"), "128MB");
    assert_eq!(memory_limit(&house), 512 << 20);

    house.ok(&["set", "acme", "--memory", "none", "--unset", "work_mem"]);
    assert_eq!(ask(&proxy, "show work_mem"), "4MB");
    assert!(memory_limit(&house) > 1 << 40);
}

#[test]
fn networks_are_set_shown_and_lifted() {
    let house = House::new();
    house.ok(&[
        "create",
        "acme",
        "--password",
        PASSWORD,
        "--enable",
        "--deny-from",
        "127.0.0.1",
    ]);
    let proxy = house.serve();
    let refused = proxy.psql("acme", PASSWORD, "select 1").unwrap_err();
    assert!(
        refused.contains("no pg_hba.conf entry for host"),
        "{refused}"
    );
    let told = house.ok(&[
        "set",
        "acme",
        "--allow-from",
        "127.0.0.0/8,10.0.0.0/8",
        "--deny-from",
        "none",
    ]);
    assert!(
        told.contains("allow_from=127.0.0.0/8,10.0.0.0/8, deny_from=none"),
        "{told}"
    );
    assert!(told.contains("from the next connection on"), "{told}");
    assert_eq!(ask(&proxy, "select 1"), "1");
    let shown = house.json(&["show", "acme"]);
    let networks = serde_json::json!({ "allow": ["127.0.0.0/8", "10.0.0.0/8"], "deny": [] });
    assert_eq!(shown["networks"], networks);
    let shown = house.ok(&["show", "acme"]);
    assert!(shown.contains("allowed from  10.0.0.0/8\n"), "{shown}");
    let both = [
        "set",
        "acme",
        "--allow-from",
        "none",
        "--set",
        "work_mem=9MB",
    ];
    assert_eq!(
        house.json(&both)["networks"],
        serde_json::json!({ "allow": [], "deny": [] })
    );
    assert_eq!(ask(&proxy, "show work_mem"), "9MB");
    let events = house.ok(&["events", "acme"]);
    assert!(events.contains("networks_changed"), "{events}");
    for bad in ["10.0.0.1/8", "everybody", "", "10.0.0.0/8,none"] {
        let output = house.run(&["set", "acme", "--allow-from", bad]);
        assert_eq!(output.status.code(), Some(2), "{bad}: {output:?}");
    }
}

#[test]
fn a_refused_change_changes_nothing() {
    let house = House::new();
    house.ok(&["create", "acme", "--password", PASSWORD, "--enable"]);
    house.ok(&["set", "acme", "--max-connections", "20"]);
    let spec = || {
        let shown = house.json(&["show", "acme"]);
        (shown["limits"].clone(), shown["settings"].clone())
    };
    let before = spec();
    let refused = [
        "set",
        "acme",
        "--set",
        "work_mem=plenty",
        "--max-connections",
        "30",
    ];
    let output = house.run(&refused);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("work_mem"), "{complaint}");
    assert_eq!(spec(), before);
    assert_eq!(house.json(&["reconcile"])["done"], serde_json::json!([]));
    for restart in [["stop", "acme"], ["start", "acme"]] {
        house.ok(&restart);
    }
    assert_eq!(ask(&house.serve(), "show work_mem"), "4MB");

    for args in [
        ["set", "acme"].as_slice(),
        &["set", "acme", "--memory", "much"],
        &["set", "acme", "--pids", "-1"],
        &["set", "acme", "--max-connections", "0"],
        &["set", "acme", "--set", "fsync=off"],
        &["set", "acme", "--unset", "work_mem=1"],
    ] {
        let output = house.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
    }
    let missing = ["set", "nobody", "--memory", "none"];
    assert_eq!(house.fails(&missing), (3, "not_found".to_owned()));
    assert_eq!(spec(), before);
}

fn ask(proxy: &Served, sql: &str) -> String {
    proxy.psql("acme", PASSWORD, sql).unwrap()
}

fn since(proxy: &Served) -> String {
    ask(proxy, "select pg_postmaster_start_time()")
}

/// What the kernel holds the tenant to; version 2 says `max` for no limit.
fn memory_limit(house: &House) -> u64 {
    let shown = house.json(&["show", "acme"]);
    let group = Path::new("pgs").join(shown["uid"].as_str().unwrap());
    let files: [PathBuf; 2] = [
        Path::new("/sys/fs/cgroup/memory")
            .join(&group)
            .join("memory.limit_in_bytes"),
        Path::new("/sys/fs/cgroup").join(&group).join("memory.max"),
    ];
    let file = files.iter().find(|file| file.exists()).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap_or(u64::MAX)
}
