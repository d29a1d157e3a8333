use crate::machine::{Machine, container, text};
use bollard::query_parameters::KillContainerOptionsBuilder;
use pgs_core::provision::{Marker, Provisioner, Silent, StopMode};

#[tokio::test]
async fn tenants_of_the_newest_and_the_oldest_version_keep_their_data() {
    let Some(machine) = Machine::new() else {
        return;
    };
    for (name, major, root) in [
        ("new", 18, "/var/lib/postgresql"),
        ("old", 15, "/var/lib/postgresql/data"),
    ] {
        let tenant = machine.tenant_with(name, major, |_| ()).await;
        let client = tenant.client().await;
        client
            .batch_execute("CREATE TABLE kept AS SELECT 'here' AS word")
            .await
            .unwrap();
        machine
            .docker
            .stop(tenant.uid, StopMode::Fast, &Silent)
            .await
            .unwrap();
        machine.docker.start(tenant.uid, &Silent).await.unwrap();
        let client = tenant.client().await;
        assert_eq!(text(&client, "SELECT word FROM kept").await, "here");
        assert!(
            text(&client, "SHOW server_version")
                .await
                .starts_with(&major.to_string())
        );
        assert_eq!(text(&client, "SHOW data_checksums").await, "on");
        assert_eq!(text(&client, "SHOW fsync").await, "on");

        let mounts = machine.container(&tenant).await.mounts.unwrap();
        let volume = mounts
            .iter()
            .find(|mount| mount.typ.as_deref() == Some("volume"))
            .unwrap();
        assert_eq!(volume.destination.as_deref(), Some(root));
        assert_eq!(volume.name, Some(format!("pgs-{}", tenant.uid)));
    }
}

#[tokio::test]
async fn every_tenant_has_an_identity_of_its_own() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let (one, two) = (machine.tenant("one").await, machine.tenant("two").await);
    let identifier = "SELECT system_identifier::text FROM pg_control_system()";
    let (first, second) = (
        text(&one.client().await, identifier).await,
        text(&two.client().await, identifier).await,
    );
    assert_ne!(first, second);
    // The write-ahead log must be of the same identity, or the server would not recover from it.
    one.client()
        .await
        .batch_execute("CREATE TABLE kept AS SELECT 'here' AS word")
        .await
        .unwrap();
    machine
        .docker
        .stop(one.uid, StopMode::Immediate, &Silent)
        .await
        .unwrap();
    machine.docker.start(one.uid, &Silent).await.unwrap();
    assert_eq!(
        text(&one.client().await, "SELECT word FROM kept").await,
        "here"
    );
    assert_eq!(text(&one.client().await, identifier).await, first);
}

#[tokio::test]
async fn a_second_process_adopts_the_running_server() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant("acme").await;
    let client = acme.client().await;
    let started = "SELECT pg_postmaster_start_time()::text";
    let before = text(&client, started).await;
    let other = machine.another();
    assert_eq!(other.start(acme.uid, &Silent).await.unwrap(), acme.endpoint);
    assert_eq!(text(&client, started).await, before, "the same server");
    let (exited, stopped) = tokio::join!(
        machine.docker.exited(acme.uid),
        other.stop(acme.uid, StopMode::Fast, &Silent)
    );
    exited.and(stopped).unwrap();
    assert!(
        !machine
            .docker
            .inspect(acme.uid)
            .await
            .unwrap()
            .unwrap()
            .is_up()
    );
}

#[tokio::test]
async fn a_killed_server_is_noticed_and_recovers_at_its_next_start() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant("acme").await;
    acme.client()
        .await
        .batch_execute("CREATE TABLE kept AS SELECT 'here' AS word")
        .await
        .unwrap();
    let kill = async {
        let options = KillContainerOptionsBuilder::new().signal("SIGKILL").build();
        machine
            .engine
            .kill_container(&container(&acme), Some(options))
            .await
    };
    let (exited, killed) = tokio::join!(machine.docker.exited(acme.uid), kill);
    exited.unwrap();
    killed.unwrap();
    let reason = machine.docker.exit_reason(acme.uid).await.unwrap();
    assert_eq!(reason.as_deref(), Some("it was killed by signal 9"));
    machine.docker.start(acme.uid, &Silent).await.unwrap();
    assert_eq!(
        text(&acme.client().await, "SELECT word FROM kept").await,
        "here"
    );
}

#[tokio::test]
async fn a_container_that_was_never_completed_is_pending_and_a_complete_one_never_again() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let label = crate::machine::label("acme", 18, pgs_core::InstanceSpec::default());
    machine.docker.create(&label, &Silent).await.unwrap();
    machine.docker.start(label.uid, &Silent).await.unwrap();
    let marker = async || {
        machine
            .another()
            .inspect(label.uid)
            .await
            .unwrap()
            .unwrap()
            .marker
    };
    assert_eq!(
        marker().await,
        Marker::Pending,
        "PG_VERSION is there and means nothing"
    );
    machine.docker.complete(label.uid).await.unwrap();
    assert_eq!(marker().await, Marker::Complete);
}
