use crate::{actor::act, stage::Stage};
use std::process::Command;
use testkit::{Docker, until};

#[test]
fn the_containers_of_a_killed_process_go_too() {
    if act() {
        return;
    }
    let Some(docker) = Docker::find("the containers of a killed process") else {
        return;
    };
    let stage = Stage::of("docker::the_containers_of_a_killed_process_go_too");
    let mut victim = stage.actor();
    victim.told("open containers");
    let uid = victim.told("create");
    victim.kill();
    assert_eq!(named(&docker, &uid), 2, "a container and a volume");

    // One whose own tenants are processes takes them down as well.
    let mut next = stage.actor();
    next.told("open");
    until("they are gone", || named(&docker, &uid) == 0);
    next.told("close");
    next.leave();
    assert_eq!(stage.left(), <[&str; 0]>::default());
}

/// How many containers and volumes have this in their names.
fn named(docker: &Docker, uid: &str) -> usize {
    let count = |args: &[&str]| {
        let filter = format!("name={uid}");
        let mut command = Command::new("docker");
        command.args(["--host", &docker.host]).args(args);
        let output = command.args(["--quiet", "--filter", &filter]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        output.stdout.split(|byte| *byte == b'\n').count() - 1
    };
    count(&["ps", "--all"]) + count(&["volume", "ls"])
}
