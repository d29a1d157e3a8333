//! A proxy with threads of its own keeps every promise that one without them keeps.

use crate::support::{Gateway, eager, startup};
use pgs_proxy::ProxyConfig;
use std::time::Duration;
use testkit::message::cancel;

fn threaded() -> ProxyConfig {
    ProxyConfig {
        threads: 2,
        ..eager()
    }
}

#[tokio::test]
async fn sessions_on_all_threads_go_both_ways_and_are_counted() {
    let (gateway, backend, _) = Gateway::with_tenant(threaded());
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(gateway.session(&backend).await);
    }
    for (client, session) in &mut sessions {
        client.send(b"question").await;
        session.expect(b"question").await;
        session.send(b"answer").await;
        client.expect(b"answer").await;
    }
    assert_eq!(gateway.proxy.sessions().len(), 8);
    let threads = gateway.router.threads.lock().unwrap().clone();
    let is_own = |(name, _): &(Option<String>, _)| name.as_deref() == Some("pgs-worker");
    assert!(
        threads.len() == 2 && threads.iter().all(is_own),
        "{threads:?}"
    );
    for (client, session) in sessions {
        drop(client);
        assert_eq!({ session }.rest().await, b"");
    }
}

#[tokio::test]
async fn a_cancel_request_finds_a_session_of_another_thread() {
    let (gateway, backend, _) = Gateway::with_tenant(threaded());
    let _session = gateway.session(&backend).await;
    for _ in 0..2 {
        let mut canceller = gateway.connect().await;
        canceller.send(&cancel(7, b"abcd")).await;
        backend.accept().await.expect(&cancel(7, b"abcd")).await;
        canceller.closed().await;
    }
}

#[tokio::test]
async fn a_drain_ends_the_sessions_of_all_threads_and_frees_the_port() {
    let (mut gateway, backend, _) = Gateway::with_tenant(threaded());
    let mut sessions = [
        gateway.session(&backend).await,
        gateway.session(&backend).await,
    ];
    let address = gateway.address;
    gateway.shut_down();
    for (client, session) in &mut sessions {
        client.closed().await;
        assert_eq!(session.rest().await, b"");
    }
    assert_eq!(gateway.report().await.cut, 2);
    pgs_proxy::bind(address).unwrap();
}

#[tokio::test]
async fn a_successor_gets_what_comes_next_and_old_sessions_go_on() {
    let (mut gateway, backend, _) = Gateway::with_tenant(threaded());
    let (mut client, mut session) = gateway.session(&backend).await;
    let address = gateway.address;
    gateway.be_replaced();
    client.send(b"still").await;
    session.expect(b"still").await;
    client.finish().await;
    drop(session);
    client.rest().await;
    assert_eq!(gateway.report().await.cut, 0);
    pgs_proxy::bind(address).unwrap();
}

#[tokio::test]
async fn nothing_outlives_the_future_that_serves() {
    let config = ProxyConfig {
        drain_grace: Duration::from_hours(1),
        ..threaded()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let (mut client, mut session) = gateway.session(&backend).await;
    let mut silent = gateway.connect().await;
    silent.send(&startup("acme")[..5]).await;
    gateway.drop_future().await;
    client.closed().await;
    silent.closed().await;
    assert_eq!(session.rest().await, b"");
}
