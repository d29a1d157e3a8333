use crate::machine::{Machine, text};
use pgs_core::provision::{Provisioner, Silent, StopMode};
use rustix::process::{Pid, Signal, kill_process};
use std::{fs, os::unix::process::CommandExt, path::Path};

fn noted_pid(home: &Path) -> i32 {
    let file = fs::read_to_string(home.join("data/postmaster.pid")).unwrap();
    file.lines().next().unwrap().parse().unwrap()
}

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_killed_server_is_noticed_and_recovers_at_its_next_start() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let client = tenant.client().await;
    client
        .batch_execute("CREATE TABLE kept AS SELECT 'here' AS word")
        .await
        .unwrap();

    let pid = noted_pid(&machine.home(tenant.uid));
    let (exited, ()) = tokio::join!(machine.local.exited(tenant.uid), async { kill(pid) });
    exited.unwrap();
    assert!(
        !machine
            .local
            .inspect(tenant.uid)
            .await
            .unwrap()
            .unwrap()
            .is_up()
    );
    machine
        .local
        .stop(tenant.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();

    machine.local.start(tenant.uid, &Silent).await.unwrap();
    assert_eq!(
        text(&tenant.client().await, "SELECT word FROM kept").await,
        "here"
    );
}

#[tokio::test]
async fn an_admins_shell_in_the_data_directory_neither_blocks_a_restart_nor_is_killed() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let data = machine.home(tenant.uid).join("data");
    let mut shell = std::process::Command::new("sleep");
    shell.arg("600").current_dir(data);
    if let Some(user) = machine.local.os_user() {
        shell.uid(
            nix::unistd::User::from_name(user.name())
                .unwrap()
                .unwrap()
                .uid
                .as_raw(),
        );
    }
    let mut shell = shell.spawn().unwrap();
    let pid = noted_pid(&machine.home(tenant.uid));
    let (exited, ()) = tokio::join!(machine.local.exited(tenant.uid), async { kill(pid) });
    exited.unwrap();
    let started = machine.local.start(tenant.uid, &Silent).await;
    let destroyed = machine.local.destroy(tenant.uid, &Silent).await;
    assert!(shell.try_wait().unwrap().is_none(), "it lives");
    shell.kill().unwrap();
    shell.wait().unwrap();
    started.unwrap();
    destroyed.unwrap();
}

#[tokio::test]
async fn a_pid_file_that_names_somebody_else_is_no_obstacle() {
    for major in [18, 15] {
        let machine = Machine::new();
        let tenant = machine.tenant("acme", major).await;
        let home = machine.home(tenant.uid);
        let file = home.join("data/postmaster.pid");
        let stale = fs::read_to_string(&file).unwrap();
        machine
            .local
            .stop(tenant.uid, StopMode::Immediate, &Silent)
            .await
            .unwrap();

        // As after a reboot: the number is now that of a process that has nothing to do with it.
        let mut sleeper = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .unwrap();
        let lines = stale.split_once('\n').unwrap().1;
        fs::write(&file, format!("{}\n{lines}", sleeper.id())).unwrap();
        fs::write(
            home.join("run/.s.PGSQL.5432.lock"),
            format!("{}\n", sleeper.id()),
        )
        .unwrap();
        assert!(
            !machine
                .local
                .inspect(tenant.uid)
                .await
                .unwrap()
                .unwrap()
                .is_up()
        );
        machine
            .local
            .stop(tenant.uid, StopMode::Fast, &Silent)
            .await
            .unwrap();
        let started = machine.local.start(tenant.uid, &Silent).await;
        assert!(
            sleeper.try_wait().unwrap().is_none(),
            "the other process was left alone"
        );
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
        started.unwrap();
        tenant.client().await;
    }
}

#[tokio::test]
async fn destroying_ends_a_running_server_and_what_is_left_of_a_killed_one() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let client = tenant.client().await;
    let backend: i32 = client
        .query_one("SELECT pg_backend_pid()", &[])
        .await
        .unwrap()
        .get(0);
    kill(noted_pid(&machine.home(tenant.uid)));
    machine.local.destroy(tenant.uid, &Silent).await.unwrap();
    assert!(!Path::new(&format!("/proc/{backend}/exe")).exists());
    assert!(!machine.home(tenant.uid).exists());
    let trash: Vec<_> = fs::read_dir(machine.state().join("trash"))
        .unwrap()
        .collect();
    assert!(trash.is_empty());
}
