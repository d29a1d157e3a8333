use crate::machine::{Machine, superuser, text};
use pgs_core::{
    Endpoint,
    provision::{Provisioner, Silent, StopMode},
};
use pgs_docker::Transport;

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
