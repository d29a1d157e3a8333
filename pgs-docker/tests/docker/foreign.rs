use crate::machine::{Machine, label, text};
use bollard::{
    models::{ContainerCreateBody, HostConfig, VolumeCreateRequest},
    query_parameters::{
        CreateContainerOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
        RemoveVolumeOptions, StartContainerOptions, WaitContainerOptions,
    },
};
use futures_util::StreamExt;
use pgs_core::{
    ErrorKind, InstanceSpec,
    provision::{Provisioner, Silent},
};

#[tokio::test]
async fn a_foreign_container_of_our_name_is_reported_and_left_alone() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let label = label("acme", 18, InstanceSpec::default());
    let name = format!("pgs-{}.new", label.uid);
    let body = ContainerCreateBody {
        image: Some(machine.config.images.values().next_back().unwrap().clone()),
        host_config: Some(HostConfig {
            network_mode: Some("none".to_owned()),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    };
    let options = CreateContainerOptionsBuilder::new().name(&name).build();
    let foreign = machine
        .engine
        .create_container(Some(options), body)
        .await
        .unwrap()
        .id;

    let error = machine.docker.create(&label, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(error.to_string().contains(&name), "{error}");
    assert!(
        error.remedy().unwrap().contains("docker container inspect"),
        "{error:?}"
    );
    machine.docker.destroy(label.uid, &Silent).await.unwrap();
    let left = machine.engine.inspect_container(&foreign, None).await;

    let options = RemoveContainerOptionsBuilder::new()
        .force(true)
        .v(true)
        .build();
    machine
        .engine
        .remove_container(&foreign, Some(options))
        .await
        .unwrap();
    assert_eq!(
        left.unwrap().name.as_deref(),
        Some(format!("/{name}").as_str())
    );
    assert!(machine.docker.list().await.unwrap().is_empty());
    machine.docker.create(&label, &Silent).await.unwrap();
}

#[tokio::test]
async fn a_foreign_volume_of_our_name_is_neither_used_nor_deleted() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let label = label("acme", 18, InstanceSpec::default());
    let name = format!("pgs-{}", label.uid);
    let request = VolumeCreateRequest {
        name: Some(name.clone()),
        ..VolumeCreateRequest::default()
    };
    let mountpoint = machine
        .engine
        .create_volume(request)
        .await
        .unwrap()
        .mountpoint;
    let precious = std::path::Path::new(&mountpoint).join("precious");
    std::fs::write(&precious, "somebody's").unwrap();

    let error = machine.docker.create(&label, &Silent).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert!(error.to_string().contains(&name) && error.remedy().is_some());
    assert_eq!(machine.docker.inspect(label.uid).await.unwrap(), None);
    machine.docker.destroy(label.uid, &Silent).await.unwrap();
    let kept = std::fs::read_to_string(&precious);
    machine
        .engine
        .remove_volume(&name, None::<RemoveVolumeOptions>)
        .await
        .unwrap();
    assert_eq!(kept.unwrap(), "somebody's");
}

#[tokio::test]
async fn a_second_container_on_a_tenants_data_starts_no_server() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant("acme").await;
    let started = "SELECT pg_postmaster_start_time()::text";
    let before = text(&acme.client().await, started).await;
    let like = machine.container(&acme).await;
    let (config, host) = (like.config.unwrap(), like.host_config.unwrap());
    let body = ContainerCreateBody {
        image: config.image,
        user: config.user,
        env: config.env,
        entrypoint: config.entrypoint,
        cmd: config.cmd,
        host_config: Some(HostConfig {
            network_mode: host.network_mode,
            mounts: host.mounts,
            init: host.init,
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    };
    let options = CreateContainerOptionsBuilder::new()
        .name(&format!("twin-of-{}", acme.uid))
        .build();
    let twin = machine.engine.create_container(Some(options), body).await;
    let twin = twin.unwrap().id;
    let started_twin = machine
        .engine
        .start_container(&twin, None::<StartContainerOptions>);
    started_twin.await.unwrap();
    let mut waits = machine
        .engine
        .wait_container(&twin, None::<WaitContainerOptions>);
    let ended = waits.next().await.unwrap();
    let log: Vec<_> = machine
        .engine
        .logs(&twin, Some(LogsOptionsBuilder::new().stderr(true).build()))
        .collect()
        .await;
    let options = RemoveContainerOptionsBuilder::new().force(true).build();
    machine
        .engine
        .remove_container(&twin, Some(options))
        .await
        .unwrap();

    ended.unwrap_err();
    assert!(
        format!("{log:?}").contains("another container's server works on this data directory"),
        "{log:?}"
    );
    assert_eq!(
        text(&acme.client().await, started).await,
        before,
        "the tenant's server never noticed"
    );
}
