use crate::machine::{Machine, directory, text};
use pgs_core::{
    ErrorKind, PgMajor,
    provision::{Provisioner, Silent, StopMode},
};
use pgs_local::{LocalConfig, LocalProvisioner};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

#[tokio::test]
async fn without_pg_resetwal_a_tenant_is_made_from_nothing() {
    let newest = Some(PgMajor::NEWEST);
    let there = Machine::new().local.search().choose(newest).unwrap().bindir;
    let bare = directory();
    for program in ["postgres", "initdb"] {
        symlink(there.join(program), bare.path().join(program)).unwrap();
    }
    let bindir = bare.path().to_owned();
    let machine = Machine::with(|config| drop(config.bindirs.insert(PgMajor::NEWEST, bindir)));
    assert!(!machine.local.search().choose(newest).unwrap().can_clone);

    let tenant = machine.tenant("acme", 18).await;
    machine
        .local
        .stop(tenant.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    machine.local.start(tenant.uid, &Silent).await.unwrap();
    assert_eq!(text(&tenant.client().await, "SELECT 'here'").await, "here");
    assert!(!machine.home(tenant.uid).join("template").exists());
}

#[tokio::test]
async fn a_directory_that_the_servers_user_cannot_enter_is_named() {
    if Machine::new().local.os_user().is_none() {
        return testkit::skip(
            "a directory closed to the servers' user",
            "servers run as the user of this test",
        );
    }
    let closed = directory();
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let error = LocalProvisioner::new(LocalConfig::new(closed.path().join("state"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(
        error.to_string().contains(closed.path().to_str().unwrap()),
        "{error}"
    );
    assert!(error.remedy().unwrap().contains("chmod a+x"));
}

#[tokio::test]
async fn a_user_that_does_not_exist_is_named_with_the_command_that_makes_one() {
    if Machine::new().local.os_user().is_none() {
        return testkit::skip("a missing OS user", "servers run as the user of this test");
    }
    let there = directory();
    let mut config = LocalConfig::new(there.path().join("state"));
    config.os_user = Some("nobody-of-this-name".to_owned());
    let error = LocalProvisioner::new(config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingDependency);
    assert!(error.remedy().unwrap().starts_with("useradd "));
}

#[tokio::test]
async fn a_log_that_has_grown_is_put_by_at_the_next_start() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    machine
        .local
        .stop(tenant.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    let log = machine.home(tenant.uid).join("log/postgres.log");
    fs::write(&log, "old line\n".repeat(2_000_000)).unwrap();
    assert_eq!(
        machine.local.logs(tenant.uid, 2).await.unwrap(),
        "old line\nold line"
    );
    machine.local.start(tenant.uid, &Silent).await.unwrap();
    assert!(log.with_file_name("postgres.log.1").exists());
    assert!(
        machine
            .local
            .logs(tenant.uid, 100)
            .await
            .unwrap()
            .contains("ready to accept connections")
    );
}
