use crate::support::{Client, Gateway, eager, startup};
use pgs_proxy::{ListenerPolicy, ProxyConfig};
use std::time::Duration;

fn patient() -> ProxyConfig {
    ProxyConfig {
        drain_grace: Duration::from_mins(10),
        ..eager()
    }
}

async fn refusal(gateway: &Gateway) -> String {
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    client.rest().await.escape_ascii().to_string()
}

#[tokio::test]
async fn sessions_go_on_while_new_ones_are_told_to_come_back() {
    let (mut gateway, backend, _) = Gateway::with_tenant(patient());
    let (mut client, mut session) = gateway.session(&backend).await;
    gateway.shut_down();
    tokio::task::yield_now().await;
    let told = refusal(&gateway).await;
    assert!(
        told.contains("C57P03\\x00Mthe database system is shutting down"),
        "{told}"
    );
    client.send(b"still").await;
    session.expect(b"still").await;

    client.finish().await;
    drop(session);
    client.rest().await;
    let report = gateway.report().await;
    assert_eq!((report.drained, report.cut), (1, 0));
}

#[tokio::test]
async fn sessions_that_do_not_end_are_cut() {
    let (mut gateway, backend, _) = Gateway::with_tenant(eager());
    let (mut client, mut session) = gateway.session(&backend).await;
    gateway.shut_down();
    client.closed().await;
    assert_eq!(session.rest().await, b"");
    let report = gateway.report().await;
    assert_eq!((report.drained, report.cut), (0, 1));
}

#[tokio::test]
async fn whoever_cannot_wait_cuts_what_a_drain_waits_for() {
    for threads in [0, 2] {
        let config = ProxyConfig {
            threads,
            ..patient()
        };
        let (mut gateway, backend, _) = Gateway::with_tenant(config);
        let (mut client, mut session) = gateway.session(&backend).await;
        gateway.shut_down();
        gateway.proxy.hurry();
        client.closed().await;
        assert_eq!(session.rest().await, b"");
        assert_eq!(gateway.report().await.cut, 1);
    }
}

#[tokio::test]
async fn an_idle_proxy_stops_at_once_and_its_port_is_free() {
    let mut gateway = Gateway::open(patient());
    let address = gateway.address;
    gateway.shut_down();
    assert_eq!(gateway.report().await.cut, 0);
    pgs_proxy::bind(address).unwrap();
}

#[tokio::test]
async fn a_client_that_never_said_what_it_wants_does_not_hold_up_the_end() {
    let mut gateway = Gateway::open(patient());
    let mut idle = gateway.connect().await;
    idle.send(b"\0\0\0\x08\x04\xD2\x16\x2F").await;
    idle.expect(b"N").await;
    gateway.shut_down();
    idle.closed().await;
    gateway.report().await;
}

#[tokio::test]
async fn listeners_of_one_proxy_are_drained_one_by_one() {
    let (mut gateway, backend, _) = Gateway::with_tenant(patient());
    let second = pgs_proxy::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = second.local_addr().unwrap();
    let proxy = gateway.proxy.clone();
    tokio::spawn(async move {
        let policy = ListenerPolicy::default();
        proxy.run(second, policy, std::future::pending()).await
    });
    let mut client = Client::connect(address).await;
    client.send(&startup("acme")).await;
    let mut session = backend.accept().await;
    session.expect(&startup("acme")).await;
    gateway.shut_down();
    assert_eq!(gateway.report().await.drained, 0);
    session.send(b"still").await;
    client.expect(b"still").await;
}

#[tokio::test]
async fn nothing_outlives_the_future_that_serves() {
    let (gateway, backend, _) = Gateway::with_tenant(patient());
    let (mut client, mut session) = gateway.session(&backend).await;
    gateway.drop_future().await;
    client.closed().await;
    assert_eq!(session.rest().await, b"");
}
