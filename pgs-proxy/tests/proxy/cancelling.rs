use crate::support::{Backend, Client, Gateway, eager, login, startup};
use pgs_core::wire;
use pgs_proxy::{CancelLimits, ProxyConfig};
use std::io::ErrorKind;

fn cancel(pid: u32, key: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    wire::client::cancel_request(pid, key, &mut packet);
    packet
}

async fn session_with_key(
    gateway: &Gateway,
    backend: &Backend,
    key: &[u8],
) -> (Client, crate::support::Session) {
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    let mut session = backend.accept().await;
    session.send(&login(7, key)).await;
    client.expect(&login(7, key)).await;
    (client, session)
}

#[tokio::test]
async fn keys_of_every_length_reach_their_server_byte_for_byte() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    for length in [4, 32, 256] {
        let key = vec![0xA5; length];
        let _live = session_with_key(&gateway, &backend, &key).await;
        let mut canceller = gateway.connect().await;
        canceller.send(&cancel(7, &key)).await;
        backend.accept().await.expect(&cancel(7, &key)).await;
        canceller.closed().await;
    }
}

#[tokio::test]
async fn the_canceller_is_closed_on_only_after_its_server_has_dealt_with_it() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let _live = session_with_key(&gateway, &backend, b"abcd").await;
    let mut canceller = gateway.connect().await;
    canceller.send(&cancel(7, b"abcd")).await;
    let mut errand = backend.accept().await;
    errand.expect(&cancel(7, b"abcd")).await;
    let early = canceller.0.try_read(&mut [0]).map_err(|error| error.kind());
    assert_eq!(early, Err(ErrorKind::WouldBlock));
    drop(errand);
    canceller.closed().await;
}

#[tokio::test]
async fn a_key_can_be_used_as_soon_as_its_last_byte_is_seen() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    for round in 0..100_u32 {
        let greeting = login(round, b"abcd");
        let up_to_key = greeting.len() - b"Z\0\0\0\x05I".len();
        let mut client = gateway.connect().await;
        client.send(&startup("acme")).await;
        let mut session = backend.accept().await;
        session.send(&greeting[..up_to_key]).await;
        client.expect(&greeting[..up_to_key]).await;
        let mut canceller = gateway.connect().await;
        canceller.send(&cancel(round, b"abcd")).await;
        backend.accept().await.expect(&cancel(round, b"abcd")).await;
    }
}

#[tokio::test]
async fn a_key_nobody_has_contacts_nobody() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let _live = session_with_key(&gateway, &backend, b"abcd").await;
    for (pid, key) in [(7, &b"abce"[..]), (8, b"abcd"), (7, b"abc"), (7, b"abcde")] {
        let mut canceller = gateway.connect().await;
        canceller.send(&cancel(pid, key)).await;
        canceller.closed().await;
    }
    // The next one the server hears of is this session.
    let _next = session_with_key(&gateway, &backend, b"efgh").await;
    assert_eq!(gateway.proxy.counters().snapshot().cancels_dropped, 4);
}

#[tokio::test]
async fn a_key_is_forgotten_with_its_session() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let (mut client, session) = session_with_key(&gateway, &backend, b"abcd").await;
    client.finish().await;
    drop(session);
    client.rest().await;
    let mut canceller = gateway.connect().await;
    canceller.send(&cancel(7, b"abcd")).await;
    canceller.closed().await;
    assert_eq!(gateway.proxy.counters().snapshot().cancels_dropped, 1);
}

#[tokio::test]
async fn more_cancels_than_may_be_on_their_way_are_dropped() {
    let config = ProxyConfig {
        cancel: CancelLimits {
            max_forwards: 1,
            ..CancelLimits::default()
        },
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let _live = session_with_key(&gateway, &backend, b"abcd").await;
    let mut first = gateway.connect().await;
    first.send(&cancel(7, b"abcd")).await;
    let _errand = backend.accept().await;
    let mut second = gateway.connect().await;
    second.send(&cancel(7, b"abcd")).await;
    second.closed().await;
}
