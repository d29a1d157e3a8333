use crate::machine::{Machine, text};
use pgs_core::{
    ErrorKind,
    provision::{Marker, Provisioner, Silent, StopMode},
};

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
