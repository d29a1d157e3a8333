//! `pgs serve` in one process, commands in others: every change acts on the very next connection.

use crate::support::{House, processes_below};
use std::{process::Stdio, time::Duration, time::Instant};

const PASSWORD: &str = "two-processes";
const REFUSED: &str = "access to tenant \"acme\" is disabled";

fn create(house: &House, tenant: &str) {
    house.ok(&["create", tenant, "--password", PASSWORD]);
}

#[test]
fn every_change_acts_on_the_very_next_connection() {
    let house = House::new();
    let proxy = house.serve();
    let ask = || proxy.psql("acme", PASSWORD, "select 1");

    assert!(ask().unwrap_err().contains("no tenant is named \"acme\""));
    create(&house, "acme");
    assert!(ask().unwrap_err().contains(REFUSED));
    house.ok(&["enable", "acme"]);
    assert_eq!(ask().unwrap(), "1");
    house.ok(&["disable", "acme"]);
    assert!(ask().unwrap_err().contains(REFUSED));
    house.ok(&["enable", "acme"]);
    house.ok(&["stop", "--tenant", "acme"]);
    assert!(ask().unwrap_err().contains("is not running"));
    house.ok(&["start", "--tenant", "acme"]);
    assert_eq!(ask().unwrap(), "1");

    proxy
        .psql("acme", PASSWORD, "create table kept as select 42 as n")
        .unwrap();
    house.ok(&["remove", "acme"]);
    assert!(ask().unwrap_err().contains("no tenant is named \"acme\""));
    house.ok(&["restore", "acme"]);
    assert_eq!(
        proxy.psql("acme", PASSWORD, "select n from kept").unwrap(),
        "42"
    );

    let changed = house.json(&["passwd", "acme"]);
    assert!(
        ask()
            .unwrap_err()
            .contains("password authentication failed")
    );
    let password = changed["password"].as_str().unwrap();
    assert_eq!(proxy.psql("acme", password, "select 1").unwrap(), "1");

    house.ok(&["remove", "--purge", "--yes", "acme"]);
    assert!(
        proxy
            .psql("acme", password, "select 1")
            .unwrap_err()
            .contains("no tenant is named")
    );
}

#[test]
fn disabling_ends_live_sessions_through_the_server() {
    let house = House::new();
    let proxy = house.serve();
    create(&house, "acme");
    house.ok(&["enable", "acme"]);
    let live = proxy
        .psql_command("acme", PASSWORD)
        .args([
            "-c",
            "select pg_advisory_lock(1)",
            "-c",
            "select pg_sleep(600)",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let holds_lock = "select count(*) from pg_locks where locktype = 'advisory'";
    until(|| proxy.psql("acme", PASSWORD, holds_lock).unwrap() == "1");

    let begun = Instant::now();
    house.ok(&["disable", "acme"]);
    let output = live.wait_with_output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains("terminating connection due to administrator command"),
        "{complaint}"
    );
    // Not a measurement: the sleep lasts ten minutes, so anything near a second shows that it was ended.
    assert!(begun.elapsed() < Duration::from_mins(1));
}

#[test]
fn twenty_processes_creating_one_name_make_exactly_one() {
    let house = House::new();
    create(&house, "first");
    let attempts: Vec<_> = (0..20)
        .map(|_| {
            house
                .command(&["create", "acme"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    let codes: Vec<_> = attempts
        .into_iter()
        .map(|mut child| child.wait().unwrap().code().unwrap())
        .collect();
    assert_eq!(
        codes.iter().filter(|code| **code == 0).count(),
        1,
        "{codes:?}"
    );
    assert_eq!(
        codes.iter().filter(|code| **code == 4).count(),
        19,
        "{codes:?}"
    );
    assert_eq!(house.json(&["list"]).as_array().unwrap().len(), 2);
    assert_eq!(
        std::fs::read_dir(house.path().join("tenants"))
            .unwrap()
            .count(),
        2
    );
}

#[test]
fn a_killed_server_is_restarted_and_its_neighbour_never_notices() {
    let house = House::new();
    for tenant in ["acme", "beta"] {
        create(&house, tenant);
        house.ok(&["enable", tenant]);
    }
    let proxy = house.serve();
    let started = "select pg_postmaster_start_time()";
    let (acme, beta) = (
        proxy.psql("acme", PASSWORD, started).unwrap(),
        proxy.psql("beta", PASSWORD, started).unwrap(),
    );
    kill_postmaster(&house, "acme");
    until(|| {
        proxy
            .psql("acme", PASSWORD, started)
            .is_ok_and(|restarted| restarted != acme)
    });
    assert_eq!(proxy.psql("beta", PASSWORD, started).unwrap(), beta);
    let events = house.ok(&["events"]);
    assert!(events.contains("crashed"), "{events}");
}

#[test]
fn a_crash_loop_ends_as_failed_with_a_reason() {
    let house = House::new();
    std::fs::write(
        house.path().join("pgs.toml"),
        "[restart]\ndeaths = 3\nfirst_backoff_ms = 1\n",
    )
    .unwrap();
    create(&house, "acme");
    let _proxy = house.serve();
    // Without its version file a server gives up at every start, which is a crash loop as users meet it.
    let data = data_directory(&house, "acme");
    std::fs::rename(data.join("PG_VERSION"), data.join("PG_VERSION.lost")).unwrap();
    kill_postmaster(&house, "acme");
    until(|| house.state("acme").as_deref() == Some("failed") && crash_loop(&house));
    std::fs::rename(data.join("PG_VERSION.lost"), data.join("PG_VERSION")).unwrap();
    house.ok(&["start", "--tenant", "acme"]);
    assert_eq!(house.state("acme").as_deref(), Some("running"));
}

fn crash_loop(house: &House) -> bool {
    let shown = house.json(&["show", "acme"]);
    shown["error"]
        .as_str()
        .is_some_and(|reason| reason.contains("crash loop: the server died 3 times"))
}

#[test]
fn servers_outlive_the_proxy_and_are_adopted_again() {
    let house = House::new();
    create(&house, "acme");
    house.ok(&["enable", "acme"]);
    let started = "select pg_postmaster_start_time()";
    let before = house.serve().psql("acme", PASSWORD, started).unwrap();
    assert!(!processes_below(house.path()).is_empty());
    assert_eq!(
        house.serve().psql("acme", PASSWORD, started).unwrap(),
        before
    );
}

#[test]
fn bad_input_changes_nothing_and_says_what_to_do() {
    let house = House::new();
    for args in [
        ["create", "Acme"].as_slice(),
        &["create", "pg_x"],
        &["create", "acme", "--memory", "much"],
        &["create", "acme", "--set", "fsync=off"],
        &["create", "acme", "--pg-version", "9"],
    ] {
        let output = house.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        assert!(!output.stderr.is_empty());
    }
    assert_eq!(house.fails(&["show", "acme"]), (3, "not_found".to_owned()));
    assert_eq!(
        house.fails(&["create", "acme", "--superuser"]),
        (7, "unsupported".to_owned())
    );
    assert_eq!(
        house
            .fails(&["create", "acme", "--init-script", "/does/not/exist.sql"])
            .0,
        1
    );
    assert_eq!(house.fails(&["remove", "--purge", "acme"]).0, 2);
    assert_eq!(house.json(&["list"]).as_array().unwrap().len(), 0);
}

#[test]
fn a_failing_init_script_names_file_and_line_and_leaves_nothing() {
    let house = House::new();
    let script = house.path().join("bad.sql");
    std::fs::write(&script, "create table a (n int);\nselekt 1;\n").unwrap();
    let output = house.run(&["create", "acme", "--init-script", script.to_str().unwrap()]);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(10), "{complaint}");
    assert!(
        complaint.contains("bad.sql") && complaint.contains("line 2"),
        "{complaint}"
    );
    assert!(complaint.contains("selekt"), "{complaint}");
    assert_eq!(
        std::fs::read_dir(house.path().join("tenants"))
            .unwrap()
            .count(),
        0
    );
    std::fs::write(&script, "create table a (n int);\n").unwrap();
    house.ok(&["create", "acme", "--init-script", script.to_str().unwrap()]);
}

#[test]
fn a_protected_tenant_is_not_removed() {
    let house = House::new();
    house.ok(&["create", "acme", "--protect"]);
    assert_eq!(
        house.fails(&["remove", "acme"]),
        (5, "protected".to_owned())
    );
    assert_eq!(
        house.fails(&["remove", "--purge", "--yes", "acme"]),
        (5, "protected".to_owned())
    );
    house.ok(&["unprotect", "acme"]);
    house.ok(&["remove", "acme"]);
}

#[test]
fn a_lost_catalogue_is_rebuilt_from_the_storage() {
    let house = House::new();
    create(&house, "acme");
    house.ok(&["create", "gone"]);
    house.ok(&["remove", "gone"]);
    for entry in std::fs::read_dir(house.path()).unwrap().flatten() {
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with("catalog.sqlite3")
        {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    assert_eq!(house.json(&["list"]).as_array().unwrap().len(), 0);
    let report = house.json(&["reconcile", "--rebuild"]);
    assert_eq!(report["done"].as_array().unwrap().len(), 2, "{report}");
    assert_eq!(house.state("acme").as_deref(), Some("running"));
    house.ok(&["enable", "acme"]);
    assert_eq!(
        house.serve().psql("acme", PASSWORD, "select 1").unwrap(),
        "1"
    );
    house.ok(&["restore", "gone"]);
}

#[test]
fn a_damaged_catalogue_is_kept_aside_and_rebuilt() {
    let house = House::new();
    create(&house, "acme");
    std::fs::write(
        house.path().join("catalog.sqlite3"),
        "this is no database, and longer than its header would be",
    )
    .unwrap();
    for wal in ["catalog.sqlite3-wal", "catalog.sqlite3-shm"] {
        drop(std::fs::remove_file(house.path().join(wal)));
    }
    assert_eq!(house.fails(&["list"]).1, "corrupt");
    house.ok(&["reconcile", "--rebuild"]);
    assert_eq!(house.state("acme").as_deref(), Some("running"));
    let kept = std::fs::read_dir(house.path()).unwrap().flatten();
    assert!(
        kept.into_iter()
            .any(|entry| entry.file_name().to_string_lossy().contains(".damaged-"))
    );
}

#[test]
fn a_tenant_in_the_trash_can_be_deleted_by_its_uid_while_another_has_its_name() {
    let house = House::new();
    create(&house, "acme");
    let removed = house.json(&["remove", "acme"])["uid"]
        .as_str()
        .unwrap()
        .to_owned();
    create(&house, "acme");
    house.ok(&["remove", "--purge", "--yes", "--uid", &removed]);
    assert_eq!(house.state("acme").as_deref(), Some("running"));
    assert_eq!(
        house.json(&["list", "--trash"]).as_array().unwrap().len(),
        0
    );
}

#[test]
fn psql_takes_the_place_of_the_command() {
    let house = House::new();
    create(&house, "acme");
    let mut psql = house.command(&["psql", "acme", "--", "-XAtc", "select current_user"]);
    let output = psql.env("PGPASSWORD", PASSWORD).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "acme",
        "{output:?}"
    );
}

#[test]
fn no_secret_is_in_the_state_that_others_can_see() {
    let house = House::new();
    create(&house, "acme");
    for pid in processes_below(house.path()) {
        for file in ["environ", "cmdline"] {
            let text = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&text).contains(PASSWORD));
        }
    }
    let shown = [
        house.ok(&["show", "acme"]),
        house.ok(&["events"]),
        house.ok(&["logs", "acme"]),
    ]
    .concat();
    assert!(
        !shown.contains(PASSWORD) && !shown.contains("SCRAM-SHA-256$"),
        "{shown}"
    );
    let catalogue = std::fs::read(house.path().join("catalog.sqlite3")).unwrap();
    assert!(!String::from_utf8_lossy(&catalogue).contains("SCRAM-SHA-256$"));
}

fn data_directory(house: &House, tenant: &str) -> std::path::PathBuf {
    let uid = house.json(&["show", tenant])["uid"]
        .as_str()
        .unwrap()
        .to_owned();
    house.path().join("tenants").join(uid).join("data")
}

fn kill_postmaster(house: &House, tenant: &str) {
    let pid_file =
        std::fs::read_to_string(data_directory(house, tenant).join("postmaster.pid")).unwrap();
    let pid = pid_file.lines().next().unwrap();
    assert!(
        std::process::Command::new("kill")
            .args(["-9", pid])
            .status()
            .unwrap()
            .success()
    );
}

/// Looks until the condition holds; each look runs a real command, so it paces itself.
fn until(mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !holds() {
        assert!(
            Instant::now() < deadline,
            "the condition did not come to hold"
        );
    }
}
