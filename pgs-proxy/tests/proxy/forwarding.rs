use crate::support::{Backend, Gateway, eager, login, startup};
use pgs_core::wire::{ProtocolVersion, client};

#[tokio::test]
async fn the_startup_packet_and_what_follows_it_arrive_byte_for_byte_however_cut() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let mut sent = Vec::new();
    let params: &[(&[u8], &[u8])] = &[
        (b"options", b"-c a=b\\ c"),
        (b"user", b"bob"),
        (b"_pq_.x", b"\xFF"),
        (b"user", b"acme"),
    ];
    client::startup(ProtocolVersion::GREASE, params.iter().copied(), &mut sent);
    sent.extend_from_slice(b"p\0\0\0\x09pass\0Q\0\0");
    for cut in 0..=sent.len() {
        let mut client = gateway.connect().await;
        client.send(&sent[..cut]).await;
        tokio::task::yield_now().await;
        client.send(&sent[cut..]).await;
        backend.accept().await.expect(&sent).await;
    }
}

#[tokio::test]
async fn both_directions_are_forwarded_however_cut() {
    for backend in [Backend::unix(), Backend::tcp()] {
        let gateway = Gateway::open(eager());
        gateway.router.lead("acme", backend.endpoint());
        let greeting = login(7, &[9; 32]);
        for cut in 0..=greeting.len() {
            let mut client = gateway.connect().await;
            client.send(&startup("acme")).await;
            let mut session = backend.accept().await;
            session.expect(&startup("acme")).await;
            for part in [&greeting[..cut], &greeting[cut..]] {
                session.send(part).await;
                client.expect(part).await;
                client.send(part).await;
                session.expect(part).await;
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_speak_the_protocol_is_passed_through() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    let mut session = backend.accept().await;
    session.send(b"HTTP/1.1 400 Bad Request").await;
    session.finish().await;
    client.finish().await;
    assert_eq!(client.rest().await, b"HTTP/1.1 400 Bad Request");
}

#[tokio::test]
async fn bytes_and_sessions_are_counted() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let (mut client, mut session) = gateway.session(&backend).await;
    assert_eq!(gateway.proxy.counters().snapshot().live_sessions, 1);
    client.send(b"up").await;
    client.finish().await;
    assert_eq!(session.rest().await, b"up");
    session.send(b"down").await;
    drop(session);
    assert_eq!(client.rest().await, b"down");
    let counted = gateway.proxy.counters().snapshot();
    assert_eq!(
        (counted.accepted, counted.sessions, counted.live_sessions),
        (1, 1, 0)
    );
    assert_eq!(counted.bytes_to_backend, startup("acme").len() as u64 + 2);
    assert_eq!(counted.bytes_to_client, login(7, b"abcd").len() as u64 + 4);
}
