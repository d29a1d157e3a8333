use crate::machine::{Machine, Tenant, container, text};
use bollard::query_parameters::{
    RemoveContainerOptionsBuilder, RemoveVolumeOptions, RenameContainerOptionsBuilder,
};
use pgs_core::{
    ErrorKind,
    provision::{Marker, Provisioner, Silent, StopMode},
};
use pgs_docker::DockerProvisioner;

async fn remove_container(machine: &Machine, tenant: &Tenant) {
    let options = RemoveContainerOptionsBuilder::new().force(true).build();
    machine
        .engine
        .remove_container(&container(tenant), Some(options))
        .await
        .unwrap();
}

async fn remove_volume(machine: &Machine, tenant: &Tenant) {
    let name = format!("pgs-{}", tenant.uid);
    machine
        .engine
        .remove_volume(&name, None::<RemoveVolumeOptions>)
        .await
        .unwrap();
}

async fn keep_something(tenant: &Tenant) {
    let made = "CREATE TABLE kept AS SELECT 'here' AS word";
    tenant.client().await.batch_execute(made).await.unwrap();
}

#[tokio::test]
async fn a_container_that_somebody_removed_is_made_anew_around_the_data() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant("acme").await;
    keep_something(&acme).await;
    let (exited, ()) = tokio::join!(
        machine.docker.exited(acme.uid),
        remove_container(&machine, &acme)
    );
    exited.unwrap();
    let reason = machine.docker.exit_reason(acme.uid).await.unwrap();
    assert_eq!(reason.as_deref(), Some("its container was removed"));

    let endpoint = machine.docker.start(acme.uid, &Silent).await.unwrap();
    assert_eq!(endpoint, acme.endpoint);
    assert_eq!(
        text(&acme.client().await, "SELECT word FROM kept").await,
        "here"
    );
    let instance = machine.docker.inspect(acme.uid).await.unwrap().unwrap();
    assert!(instance.is_up() && instance.marker == Marker::Complete);
    let labels = machine
        .container(&acme)
        .await
        .config
        .unwrap()
        .labels
        .unwrap();
    assert_eq!(labels["pgs.generation"], "2");
}

#[tokio::test]
async fn a_volume_that_somebody_removed_is_reported_and_never_initialised_again() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant("acme").await;
    machine
        .docker
        .stop(acme.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    remove_container(&machine, &acme).await;
    remove_volume(&machine, &acme).await;
    let error = machine.docker.start(acme.uid, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
    assert_eq!(
        machine.docker.inspect(acme.uid).await.unwrap(),
        None,
        "and nothing was made in its place"
    );

    // The engine makes an empty volume of that name when somebody else mounts it.
    let globex = machine.tenant("globex").await;
    machine
        .docker
        .stop(globex.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    let mountpoint = machine
        .engine
        .inspect_volume(&format!("pgs-{}", globex.uid))
        .await
        .unwrap()
        .mountpoint;
    for entry in std::fs::read_dir(mountpoint).unwrap() {
        std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
    }
    let error = machine.docker.start(globex.uid, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error
            .to_string()
            .contains("removed or emptied by somebody else"),
        "{error}"
    );
    assert!(error.to_string().contains("globex") && error.remedy().is_some());
    assert!(
        !machine
            .docker
            .inspect(globex.uid)
            .await
            .unwrap()
            .unwrap()
            .is_up()
    );
}

#[tokio::test]
async fn a_tenant_in_the_trash_survives_a_prune_of_stopped_containers() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant("acme").await;
    keep_something(&acme).await;
    machine
        .docker
        .stop(acme.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    machine.docker.trash(acme.uid, &Silent).await.unwrap();
    let options = RemoveContainerOptionsBuilder::new().build();
    let trashed = format!("{}.trash", container(&acme));
    machine
        .engine
        .remove_container(&trashed, Some(options))
        .await
        .unwrap();

    let marker = async || machine.docker.list().await.unwrap()[0].marker;
    assert_eq!(marker().await, Marker::Trashed);

    machine.docker.restore(acme.uid, &Silent).await.unwrap();
    machine.docker.start(acme.uid, &Silent).await.unwrap();
    assert_eq!(
        text(&acme.client().await, "SELECT word FROM kept").await,
        "here"
    );
}

#[tokio::test]
async fn without_the_state_directory_labels_and_volumes_tell_everything() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant_with("acme", 18, |spec| {
        spec.limits.memory = Some("256m".parse().unwrap());
        spec.settings.push("work_mem=5MB".parse().unwrap());
    });
    let acme = acme.await;
    keep_something(&acme).await;
    machine
        .docker
        .stop(acme.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    std::fs::remove_dir_all(machine.state().join("docker")).unwrap();
    remove_container(&machine, &acme).await;

    let other = machine.another();
    let found = other.list().await.unwrap();
    assert_eq!((found.len(), found[0].marker), (1, Marker::Complete));
    let label = found[0].label.clone().unwrap();
    assert_eq!(
        (label.uid, label.id, label.pg_version.number()),
        (acme.uid, acme.id.clone(), 18)
    );
    assert_eq!(label.spec.limits.memory, Some("256m".parse().unwrap()));

    other.start(acme.uid, &Silent).await.unwrap();
    let client = acme.client().await;
    assert_eq!(text(&client, "SELECT word FROM kept").await, "here");
    assert_eq!(text(&client, "SHOW work_mem").await, "5MB");
    assert!(
        other.admin(acme.uid).await.unwrap().stats().await.is_ok(),
        "the manager's secret was in the volume"
    );
}

#[tokio::test]
async fn an_image_that_is_missing_is_named_with_the_command_that_brings_it() {
    let Some(machine) = Machine::with(|config| {
        config.images.clear();
        config.image = "pgs-test/no-such-image:{major}".to_owned();
    }) else {
        return;
    };
    let label = crate::machine::label("acme", 18, pgs_core::InstanceSpec::default());
    let error = machine.docker.create(&label, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingDependency);
    assert!(
        error.to_string().contains("pgs-test/no-such-image:18"),
        "{error}"
    );
    assert!(error.remedy().unwrap().contains("docker pull"), "{error:?}");
    machine.docker.destroy(label.uid, &Silent).await.unwrap();
    assert!(machine.docker.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn looking_makes_no_container_and_a_whole_tenant_is_whole_under_any_name() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant("acme").await;
    machine
        .docker
        .stop(acme.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    // As a kill leaves it between the making of a container and its renaming.
    let unfinished = format!("{}.new", container(&acme));
    let options = RenameContainerOptionsBuilder::new()
        .name(&unfinished)
        .build();
    machine
        .engine
        .rename_container(&container(&acme), options)
        .await
        .unwrap();
    let other = machine.another();
    assert_eq!(other.list().await.unwrap()[0].marker, Marker::Complete);
    other.start(acme.uid, &Silent).await.unwrap();
    assert_eq!(
        machine.container(&acme).await.name,
        Some(format!("/{}", container(&acme)))
    );

    remove_container(&machine, &acme).await;
    let instance = machine.docker.inspect(acme.uid).await.unwrap().unwrap();
    assert_eq!(
        (instance.marker, instance.is_up()),
        (Marker::Complete, false)
    );
    assert_eq!(machine.docker.list().await.unwrap().len(), 1);
    machine
        .engine
        .inspect_container(&container(&acme), None)
        .await
        .unwrap_err();
    machine
        .engine
        .inspect_container(&unfinished, None)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_state_directory_that_was_moved_is_told_whose_tenants_they_are() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant("acme").await;
    let mut config = machine.config.clone();
    config.installation = Some("elsewhere".to_owned());
    let moved = DockerProvisioner::new(config).unwrap();
    let error = moved.start(acme.uid, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let owner = machine.state().canonicalize().unwrap();
    assert!(
        error
            .remedy()
            .unwrap()
            .contains(&format!("installation = \"{}\"", owner.display())),
        "{error:?}"
    );
    assert!(moved.list().await.unwrap().is_empty());
}
