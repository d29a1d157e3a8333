//! The command is killed at every step of every operation; `pgs reconcile` must then leave the tenant either fully there
//! or wholly gone, and nothing else behind.

use crate::support::{House, processes_below};
use std::os::unix::process::ExitStatusExt;

const SIGKILL: i32 = 9;
const PASSWORD: &str = "kill-walk";

/// One operation, what must hold before it, and the states that are whole after it.
struct Walk {
    before: &'static [&'static [&'static str]],
    operation: &'static [&'static str],
    whole: &'static [Option<&'static str>],
}

#[test]
fn create_converges_wherever_it_is_killed() {
    walk(&Walk {
        before: &[],
        operation: &["create", "acme", "--password", PASSWORD, "--enable"],
        whole: &[None, Some("running")],
    });
}

#[test]
fn start_converges_wherever_it_is_killed() {
    walk(&Walk {
        before: &[
            &["start", "--tenant", "acme"],
            &["stop", "--tenant", "acme"],
        ],
        operation: &["start", "--tenant", "acme"],
        whole: &[Some("stopped"), Some("running")],
    });
}

#[test]
fn stop_converges_wherever_it_is_killed() {
    walk(&Walk {
        before: &[&["start", "--tenant", "acme"]],
        operation: &["stop", "--tenant", "acme"],
        whole: &[Some("running"), Some("stopped")],
    });
}

#[test]
fn remove_converges_wherever_it_is_killed() {
    walk(&Walk {
        before: &[&["restore", "acme"]],
        operation: &["remove", "acme"],
        whole: &[Some("running"), Some("trashed")],
    });
}

#[test]
fn restore_converges_wherever_it_is_killed() {
    walk(&Walk {
        before: &[&["remove", "acme"]],
        operation: &["restore", "acme"],
        whole: &[Some("trashed"), Some("running")],
    });
}

#[test]
fn purge_converges_wherever_it_is_killed() {
    walk(&Walk {
        before: &[&["create", "acme", "--password", PASSWORD, "--enable"]],
        operation: &["remove", "--purge", "--yes", "acme"],
        whole: &[Some("running"), None],
    });
}

/// Runs the operation again and again, killed one step later each time, until it is not reached by the kill any more.
fn walk(walk: &Walk) {
    let house = House::new();
    let needs_tenant = !matches!(walk.operation, ["create", ..]);
    if needs_tenant {
        create(&house);
    }
    let mut steps = 0;
    loop {
        steps += 1;
        prepare(&house, walk);
        let killed = run_killed_at(&house, walk.operation, steps);
        house.ok(&["reconcile"]);
        check(&house, walk, steps);
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
        let answer = house.serve().psql(
            "acme",
            PASSWORD,
            "select current_user || ' ' || current_database()",
        );
        assert_eq!(answer.unwrap(), "acme acme", "{at}");
    }
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
    let entries = |name: &str| {
        let read = std::fs::read_dir(house.path().join(name))
            .into_iter()
            .flatten();
        read.map(|entry| entry.unwrap().file_name())
            .collect::<Vec<_>>()
    };
    let (tenants, trash) = (entries("tenants"), entries("trash"));
    let expected = match state {
        None => (0, 0),
        Some("trashed") => (0, 1),
        Some(_) => (1, 0),
    };
    assert_eq!(
        (tenants.len(), trash.len()),
        expected,
        "{at}: {tenants:?} {trash:?}"
    );
    assert!(entries("locks").is_empty(), "{at}: {:?}", entries("locks"));
    let processes = processes_below(house.path());
    assert_eq!(
        processes.is_empty(),
        state != Some("running"),
        "{at}: {processes:?}"
    );
}
