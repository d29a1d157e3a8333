//! The command is killed at every step of every operation; `pgs reconcile` must then leave the tenant either fully there
//! or wholly gone, and nothing else behind.

use crate::support::{House, processes_below};
use std::{ffi::OsString, os::unix::process::ExitStatusExt};

const SIGKILL: i32 = 9;
const PASSWORD: &str = "kill-walk";

/// One operation, what must hold before it, and the states that are whole after it.
struct Walk {
    before: &'static [&'static [&'static str]],
    operation: &'static [&'static str],
    whole: &'static [Option<&'static str>],
}

const CREATE: Walk = Walk {
    before: &[],
    operation: &["create", "acme", "--password", PASSWORD, "--enable"],
    whole: &[None, Some("running")],
};

#[test]
fn create_converges_wherever_it_is_killed() {
    walk(&House::new(), &CREATE);
}

#[test]
fn docker_create_converges_wherever_it_is_killed() {
    walk_docker(&CREATE);
}

const START: Walk = Walk {
    before: &[
        &["start", "--tenant", "acme"],
        &["stop", "--tenant", "acme"],
    ],
    operation: &["start", "--tenant", "acme"],
    whole: &[Some("stopped"), Some("running")],
};

#[test]
fn start_converges_wherever_it_is_killed() {
    walk(&House::new(), &START);
}

#[test]
fn docker_start_converges_wherever_it_is_killed() {
    walk_docker(&START);
}

const STOP: Walk = Walk {
    before: &[&["start", "--tenant", "acme"]],
    operation: &["stop", "--tenant", "acme"],
    whole: &[Some("running"), Some("stopped")],
};

#[test]
fn stop_converges_wherever_it_is_killed() {
    walk(&House::new(), &STOP);
}

#[test]
fn docker_stop_converges_wherever_it_is_killed() {
    walk_docker(&STOP);
}

const SET: Walk = Walk {
    before: &[&[
        "set",
        "acme",
        "--unset",
        "work_mem",
        "--max-connections",
        "none",
    ]],
    operation: &[
        "set",
        "acme",
        "--set",
        "work_mem=9MB",
        "--max-connections",
        "20",
    ],
    whole: &[Some("running")],
};

#[test]
fn set_converges_wherever_it_is_killed() {
    walk(&House::new(), &SET);
}

#[test]
fn docker_set_converges_wherever_it_is_killed() {
    walk_docker(&SET);
}

const REMOVE: Walk = Walk {
    before: &[&["restore", "acme"]],
    operation: &["remove", "acme"],
    whole: &[Some("running"), Some("trashed")],
};

#[test]
fn remove_converges_wherever_it_is_killed() {
    walk(&House::new(), &REMOVE);
}

#[test]
fn docker_remove_converges_wherever_it_is_killed() {
    walk_docker(&REMOVE);
}

const RESTORE: Walk = Walk {
    before: &[&["remove", "acme"]],
    operation: &["restore", "acme"],
    whole: &[Some("trashed"), Some("running")],
};

#[test]
fn restore_converges_wherever_it_is_killed() {
    walk(&House::new(), &RESTORE);
}

#[test]
fn docker_restore_converges_wherever_it_is_killed() {
    walk_docker(&RESTORE);
}

const PURGE: Walk = Walk {
    before: &[&["create", "acme", "--password", PASSWORD, "--enable"]],
    operation: &["remove", "--purge", "--yes", "acme"],
    whole: &[Some("running"), None],
};

#[test]
fn purge_converges_wherever_it_is_killed() {
    walk(&House::new(), &PURGE);
}

#[test]
fn docker_purge_converges_wherever_it_is_killed() {
    walk_docker(&PURGE);
}

fn walk_docker(steps: &Walk) {
    if let Some(house) = House::docker() {
        walk(&house, steps);
    }
}

/// Runs the operation again and again, killed one step later each time, until it is not reached by the kill any more.
fn walk(house: &House, walk: &Walk) {
    let needs_tenant = !matches!(walk.operation, ["create", ..]);
    if needs_tenant {
        create(house);
    }
    let mut steps = 0;
    loop {
        steps += 1;
        prepare(house, walk);
        let killed = run_killed_at(house, walk.operation, steps);
        house.ok(&["reconcile"]);
        check(house, walk, steps);
        if !killed {
            break;
        }
    }
    assert!(
        steps > 3,
        "{:?} announced only {steps} steps",
        walk.operation
    );
}

fn create(house: &House) {
    house.ok(&["create", "acme", "--password", PASSWORD, "--enable"]);
}

/// Brings the tenant to where the operation begins; a step that is already done says so and is passed over.
fn prepare(house: &House, walk: &Walk) {
    if matches!(walk.operation, ["create", ..]) {
        drop(house.run(&["remove", "--purge", "--yes", "acme"]));
    }
    for before in walk.before {
        drop(house.run(before));
    }
}

fn run_killed_at(house: &House, operation: &[&str], step: u32) -> bool {
    let output = house
        .command(operation)
        .env("PGS_KILL_AT_STEP", step.to_string())
        .output()
        .unwrap();
    let killed = output.status.signal() == Some(SIGKILL);
    assert!(
        killed || output.status.success(),
        "{operation:?} at step {step}: {output:?}"
    );
    killed
}

fn check(house: &House, walk: &Walk, step: u32) {
    let at = format!("{:?} killed at step {step}", walk.operation);
    let state = whole_state(house);
    assert!(walk.whole.contains(&state.as_deref()), "{at}: {state:?}");
    assert_nothing_else(house, state.as_deref(), &at);
    if state.as_deref() == Some("running") {
        assert_serves(house, &at);
    }
}

/// Clients get in, and the server goes by the settings that the catalogue has.
fn assert_serves(house: &House, at: &str) {
    let proxy = house.serve();
    let ask = |sql: &str| proxy.psql("acme", PASSWORD, sql).unwrap();
    let who = "select current_user || ' ' || current_database()";
    assert_eq!(ask(who), "acme acme", "{at}");
    let shown = house.json(&["show", "acme"]);
    let work_mem = match shown["settings"][0].as_str() {
        Some(setting) => setting.trim_start_matches("work_mem="),
        None => "4MB",
    };
    assert_eq!(ask("show work_mem"), work_mem, "{at}: {shown}");
}

fn whole_state(house: &House) -> Option<String> {
    house.state("acme").or_else(|| {
        let trash = house.json(&["list", "--trash"]);
        let found = trash.as_array().unwrap().first()?;
        Some(found["state"].as_str().unwrap().to_owned())
    })
}

/// No storage, no process and no lock beyond what the one tenant, in this state, has.
fn assert_nothing_else(house: &House, state: Option<&str>, at: &str) {
    let locks = entries(house, "locks");
    assert!(locks.is_empty(), "{at}: {locks:?}");
    match house.docker_has(&["volume", "ls"]) {
        Some(volumes) => assert_no_other_container(house, &volumes, state, at),
        None => assert_no_other_process(house, state, at),
    }
}

fn assert_no_other_process(house: &House, state: Option<&str>, at: &str) {
    let (tenants, trash) = (entries(house, "tenants"), entries(house, "trash"));
    let expected = match state {
        None => (0, 0),
        Some("trashed") => (0, 1),
        Some(_) => (1, 0),
    };
    let found = (tenants.len(), trash.len());
    assert_eq!(found, expected, "{at}: {tenants:?} {trash:?}");
    let processes = processes_below(house.path());
    let is_running = state == Some("running");
    assert_eq!(!processes.is_empty(), is_running, "{at}: {processes:?}");
}

/// A tenant has one volume for as long as it is there; a container of it may stay while its server is down.
fn assert_no_other_container(house: &House, volumes: &[String], state: Option<&str>, at: &str) {
    assert_eq!(
        volumes.len(),
        usize::from(state.is_some()),
        "{at}: {volumes:?}"
    );
    let running = house.docker_has(&["ps"]).unwrap();
    let is_running = state == Some("running");
    assert_eq!(running.len(), usize::from(is_running), "{at}: {running:?}");
    let all = house.docker_has(&["ps", "--all"]).unwrap();
    assert!(all.len() <= volumes.len(), "{at}: {all:?}");
}

fn entries(house: &House, directory: &str) -> Vec<OsString> {
    let read = std::fs::read_dir(house.path().join(directory));
    let entries = read.into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name()).collect()
}
