use crate::machine::{Machine, label, superuser, text};
use pgs_core::{
    Endpoint, InstanceSpec,
    provision::{Provisioner, Silent, StopMode},
};
use pgs_docker::{DockerProvisioner, Transport};

#[tokio::test]
async fn on_a_bridge_the_host_reaches_servers_and_servers_not_each_other() {
    let Some(machine) = Machine::with(|config| config.transport = Transport::Bridge) else {
        return;
    };
    let (acme, globex) = (
        machine.tenant_with("acme", 18, superuser).await,
        machine.tenant_with("globex", 18, superuser).await,
    );
    let (Endpoint::Tcp(one), Endpoint::Tcp(two)) = (&acme.endpoint, &globex.endpoint) else {
        panic!("{} {}", acme.endpoint, globex.endpoint)
    };
    assert_ne!(one, two);
    assert_eq!(
        text(&globex.client().await, "SELECT current_user::text").await,
        "globex"
    );
    let dial = |ip: std::net::IpAddr| {
        format!(
            "timeout 2 bash -c 'exec 3<>/dev/tcp/{ip}/5432' 2>/dev/null && echo reached || echo not reached"
        )
    };
    assert_eq!(
        acme.shell(&dial(one.ip())).await,
        "reached",
        "the way of trying works"
    );
    assert_eq!(acme.shell(&dial(two.ip())).await, "not reached");
    assert_eq!(
        acme.shell(&dial([192, 0, 2, 1].into())).await,
        "not reached"
    );

    // An address may be another one after a restart; whoever starts a server learns it.
    machine
        .docker
        .stop(acme.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    let endpoint = machine.docker.start(acme.uid, &Silent).await.unwrap();
    let found = machine
        .docker
        .inspect(acme.uid)
        .await
        .unwrap()
        .unwrap()
        .endpoint;
    assert_eq!(found, Some(endpoint));
}

#[tokio::test]
async fn a_published_port_is_on_the_loopback_address_only() {
    let Some(machine) = Machine::with(|config| config.transport = Transport::Published) else {
        return;
    };
    let acme = machine.tenant("acme").await;
    let Endpoint::Tcp(address) = &acme.endpoint else {
        panic!("{}", acme.endpoint)
    };
    assert!(address.ip().is_loopback());
    assert_eq!(
        text(&acme.client().await, "SELECT current_user::text").await,
        "acme"
    );
    let bindings = machine
        .container(&acme)
        .await
        .host_config
        .unwrap()
        .port_bindings
        .unwrap();
    let addresses: Vec<_> = bindings
        .values()
        .flatten()
        .flatten()
        .map(|binding| binding.host_ip.clone())
        .collect();
    assert_eq!(addresses, [Some("127.0.0.1".to_owned())]);
}

#[tokio::test]
async fn a_server_is_reached_as_its_container_was_made_and_the_next_start_makes_it_anew() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let mut acme = machine.tenant_with("acme", 18, superuser).await;
    let mut config = machine.config.clone();
    config.transport = Transport::Published;
    let changed = DockerProvisioner::new(config).unwrap();
    let endpoint = changed.start(acme.uid, &Silent).await.unwrap();
    assert_eq!(endpoint, acme.endpoint, "a running server stays as it is");
    changed
        .stop(acme.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    acme.endpoint = changed.start(acme.uid, &Silent).await.unwrap();
    assert_eq!(acme.endpoint.transport(), "tcp");
    assert_eq!(
        text(&acme.client().await, "SELECT current_user::text").await,
        "acme"
    );
    changed.destroy(acme.uid, &Silent).await.unwrap();
}

#[tokio::test]
async fn first_tenants_made_at_once_share_one_network() {
    let Some(machine) = Machine::with(|config| config.transport = Transport::Bridge) else {
        return;
    };
    let labels = ["one", "two", "three"].map(|name| label(name, 18, InstanceSpec::default()));
    let creates = labels.iter().map(|label| {
        let another = machine.another();
        async move { another.create(label, &Silent).await }
    });
    for created in futures_util::future::join_all(creates).await {
        created.unwrap();
    }
    for label in &labels {
        machine.docker.start(label.uid, &Silent).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_superuser_sets_for_the_next_start_does_not_put_the_server_out_of_reach() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let acme = machine.tenant_with("acme", 18, superuser).await;
    let client = acme.client().await;
    for setting in [
        "port = 5433",
        "listen_addresses = '*'",
        "unix_socket_directories = '/tmp'",
        "hba_file = '/dev/null'",
    ] {
        let alter = format!("ALTER SYSTEM SET {setting}");
        client.batch_execute(&alter).await.unwrap();
    }
    machine
        .docker
        .stop(acme.uid, StopMode::Fast, &Silent)
        .await
        .unwrap();
    machine.docker.start(acme.uid, &Silent).await.unwrap();
    assert_eq!(text(&acme.client().await, "SHOW port").await, "5432");
}
