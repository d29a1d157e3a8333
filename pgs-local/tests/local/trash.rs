use crate::machine::{Machine, text};
use pgs_core::{
    ErrorKind,
    provision::{Marker, Provisioner, Silent, StopMode},
};
use std::{fs, os::unix::fs::symlink};

#[tokio::test]
async fn a_label_or_marker_that_cannot_be_looked_at_is_not_taken_for_missing() {
    let machine = Machine::new();
    let label = crate::machine::label("acme", 18, pgs_core::InstanceSpec::default());
    let home = machine.home(label.uid);
    fs::create_dir_all(&home).unwrap();
    fs::create_dir_all(machine.state().join("trash")).unwrap();
    for name in ["label.json", "complete"] {
        // Root may look at anything but a link that leads to itself.
        symlink(home.join(name), home.join(name)).unwrap();
        machine.local.inspect(label.uid).await.unwrap_err();
        machine.local.list().await.unwrap_err();
        if name == "label.json" {
            machine.local.destroy(label.uid, &Silent).await.unwrap_err();
        }
        fs::remove_file(home.join(name)).unwrap();
        let text = serde_json::to_vec(&label).unwrap();
        fs::write(home.join("label.json"), text).unwrap();
    }
    assert!(home.exists());
    let found = machine.local.inspect(label.uid).await.unwrap().unwrap();
    assert_eq!(found.marker, Marker::Pending);
}

#[tokio::test]
async fn the_trash_gives_back_what_was_put_in() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let client = tenant.client().await;
    client
        .batch_execute("CREATE TABLE kept AS SELECT 'here' AS word")
        .await
        .unwrap();
    let error = machine.local.trash(tenant.uid, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongState, "it is running");
    assert!(error.to_string().contains("tenant `acme`"), "{error}");

    machine
        .local
        .stop(tenant.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    machine.local.trash(tenant.uid, &Silent).await.unwrap();
    assert!(!machine.home(tenant.uid).exists());
    let listed = machine.local.list().await.unwrap();
    assert_eq!((listed.len(), listed[0].marker), (1, Marker::Trashed));
    assert_eq!(listed[0].label.as_ref().unwrap().id, tenant.id);

    machine.local.restore(tenant.uid, &Silent).await.unwrap();
    machine.local.start(tenant.uid, &Silent).await.unwrap();
    assert_eq!(
        text(&tenant.client().await, "SELECT word FROM kept").await,
        "here"
    );
}
