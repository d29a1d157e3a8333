use crate::{actor::act, stage::Stage};
use std::{fs, path::Path};
use testkit::until;

#[test]
fn the_next_manager_takes_down_that_of_a_killed_process() {
    if act() {
        return;
    }
    let stage = Stage::of("killed::the_next_manager_takes_down_that_of_a_killed_process");
    let mut victim = stage.actor();
    victim.told("open");
    victim.told("create");
    victim.kill();
    assert!(!stage.servers().is_empty(), "its server went on");

    let mut next = stage.actor();
    let path = next.told("open");
    let name = Path::new(&path).file_name().unwrap().to_str().unwrap();
    // It does not wait for ever on a machine that is busy.
    until("the servers and the directory are gone", || {
        stage.servers().is_empty() && stage.left() == [name]
    });
    next.told("close");
    next.leave();
    assert_eq!(stage.left(), <[&str; 0]>::default());
}

#[test]
fn of_two_that_open_at_once_one_cleans_and_both_get_a_manager() {
    if act() {
        return;
    }
    let stage = Stage::of("killed::of_two_that_open_at_once_one_cleans_and_both_get_a_manager");
    let mut victims = [(); 2].map(|()| stage.actor());
    for victim in &mut victims {
        victim.told("open");
        victim.told("create");
    }
    for victim in victims {
        victim.kill();
    }

    let mut openers = [(); 2].map(|()| stage.actor());
    for opener in &mut openers {
        opener.tell("open");
    }
    for opener in &mut openers {
        opener.answer();
        opener.told("create");
        assert_eq!(opener.told("look"), "running");
        opener.told("close");
    }
    for opener in openers {
        opener.leave();
    }
    assert!(stage.servers().is_empty());
    assert_eq!(stage.left(), <[&str; 0]>::default());
}

#[test]
fn one_that_cannot_be_taken_down_stays_and_keeps_nobody_up() {
    if act() {
        return;
    }
    let stage = Stage::of("killed::one_that_cannot_be_taken_down_stays_and_keeps_nobody_up");
    let mut victim = stage.actor();
    let path = victim.told("open");
    victim.kill();
    let catalog = Path::new(&path).join("catalog.sqlite3");
    let whole = fs::read(&catalog).unwrap();
    fs::write(&catalog, "no catalogue at all").unwrap();

    let mut next = stage.actor();
    next.told("open");
    next.told("close");
    assert!(catalog.exists(), "nobody knows what is in there");
    fs::write(&catalog, whole).unwrap();
    next.told("open");
    next.told("close");
    next.leave();
    assert_eq!(stage.left(), <[&str; 0]>::default());
}
