use crate::machine::{Machine, text};
use pgs_core::provision::{Provisioner, Silent, StopMode};

#[tokio::test]
async fn a_second_process_adopts_the_running_server() {
    let machine = Machine::new();
    let tenant = machine.tenant("acme", 18).await;
    let client = tenant.client().await;
    let started = "SELECT pg_postmaster_start_time()::text";
    let before = text(&client, started).await;

    let other = machine.another();
    let found = other.list().await.unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].is_up());
    assert_eq!(found[0].label.as_ref().unwrap().id, tenant.id);
    assert_eq!(
        other.start(tenant.uid, &Silent).await.unwrap(),
        tenant.endpoint
    );
    assert_eq!(text(&client, started).await, before, "the same server");

    other
        .stop(tenant.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    machine.local.exited(tenant.uid).await.unwrap();
    assert!(
        !machine
            .local
            .inspect(tenant.uid)
            .await
            .unwrap()
            .unwrap()
            .is_up()
    );
}

#[tokio::test]
async fn what_is_unlabelled_and_in_the_way_is_moved_aside() {
    let machine = Machine::new();
    let label = crate::machine::label("acme", 18, pgs_core::InstanceSpec::default());
    let home = machine.home(label.uid);
    std::fs::create_dir_all(&home).unwrap();
    std::fs::write(home.join("precious"), "somebody's").unwrap();
    assert!(machine.local.inspect(label.uid).await.unwrap().is_none());
    machine.local.destroy(label.uid, &Silent).await.unwrap();
    assert!(
        home.join("precious").exists(),
        "destroying leaves alone what is not ours"
    );

    machine.local.create(&label, &Silent).await.unwrap();
    let aside = home.with_file_name(format!("{}.aside-1", label.uid));
    assert_eq!(
        std::fs::read_to_string(aside.join("precious")).unwrap(),
        "somebody's"
    );
    machine.local.start(label.uid, &Silent).await.unwrap();
}
