use crate::{
    actor::act,
    stage::{Stage, open_files},
};
use std::path::Path;

#[test]
fn a_manager_whose_process_lives_is_left_alone() {
    if act() {
        return;
    }
    let stage = Stage::of("living::a_manager_whose_process_lives_is_left_alone");
    let mut living = stage.actor();
    living.told("open");
    living.told("create");
    let servers = stage.servers();
    assert!(!servers.is_empty());

    let mut other = stage.actor();
    other.told("open");
    other.told("close");
    other.leave();
    assert_eq!(living.told("look"), "running");
    for server in &servers {
        let lock = |file: &&_| Path::ends_with(file, "ephemeral.lock");
        let files = open_files(server);
        assert_eq!(files.iter().map(AsRef::as_ref).find(lock), None);
    }
    living.told("close");
    living.leave();
    assert_eq!(stage.left(), <[&str; 0]>::default());
}

/// The lock of its own process would not stop it.
#[test]
fn a_process_leaves_its_own_other_managers_alone() {
    if act() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let first = pgs::ephemeral().await.unwrap();
        let created = first.create("acme".parse().unwrap(), pgs::TenantSpec::default());
        let created = created.await.unwrap();
        let second = pgs::ephemeral().await.unwrap();
        second.close().await.unwrap();
        let view = first.show(&created.id).await.unwrap();
        assert_eq!(view.record.lifecycle.to_string(), "running");
        let path = first.state_dir().to_owned();
        drop(first);
        assert!(!path.exists(), "dropping it took everything with it");
    });
}
