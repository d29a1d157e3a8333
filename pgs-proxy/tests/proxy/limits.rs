use crate::support::{Backend, Client, Gateway, eager, login, startup};
use pgs_proxy::{Disclosure, ProxyConfig};
use std::time::Duration;

async fn refusal(gateway: &Gateway, user: &str) -> String {
    let mut client = gateway.connect().await;
    client.send(&startup(user)).await;
    client.rest().await.escape_ascii().to_string()
}

#[tokio::test]
async fn a_tenant_has_no_more_sessions_than_it_may_and_gets_its_place_back() {
    let config = ProxyConfig {
        max_sessions_per_tenant: Some(1),
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let (mut client, session) = gateway.session(&backend).await;
    let told = refusal(&gateway, "acme").await;
    assert!(
        told.contains("C53300") && told.contains("too many connections for database"),
        "{told}"
    );

    client.finish().await;
    drop(session);
    client.rest().await;
    gateway.session(&backend).await;
}

#[tokio::test]
async fn the_limit_of_the_route_wins_over_the_configured_one() {
    let config = ProxyConfig {
        max_sessions_per_tenant: Some(1),
        ..eager()
    };
    let gateway = Gateway::open(config);
    let backend = Backend::unix();
    gateway
        .router
        .lead_with_limit("acme", backend.endpoint(), Some(2));
    let _first = gateway.session(&backend).await;
    let _second = gateway.session(&backend).await;
    assert!(refusal(&gateway, "acme").await.contains("C53300"));
}

#[tokio::test]
async fn one_tenants_limit_is_not_anothers() {
    let config = ProxyConfig {
        max_sessions_per_tenant: Some(1),
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let _full = gateway.session(&backend).await;
    gateway.router.lead("other", backend.endpoint());
    let mut client = gateway.connect().await;
    client.send(&startup("other")).await;
    backend.accept().await.expect(&startup("other")).await;
}

#[tokio::test]
async fn a_full_proxy_says_so_without_looking_anybody_up() {
    let config = ProxyConfig {
        max_sessions: 1,
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let _only = gateway.session(&backend).await;
    for user in ["acme", "nobody"] {
        let told = refusal(&gateway, user).await;
        assert!(
            told.contains("C53300\\x00Msorry, too many clients already"),
            "{told}"
        );
    }
}

/// The clock is simulated: it moves by itself whenever nobody has anything to do.
#[tokio::test(start_paused = true)]
async fn the_oldest_connection_without_a_startup_packet_makes_room_after_a_second() {
    let config = ProxyConfig {
        max_handshakes: 1,
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let mut idle = accepted(&gateway).await;
    let began = tokio::time::Instant::now();
    let mut waiting = gateway.connect().await;
    waiting.send(&startup("acme")).await;
    backend.accept().await.send(&login(7, b"abcd")).await;
    waiting.expect(&login(7, b"abcd")).await;
    assert_eq!(began.elapsed().as_secs(), 1);
    idle.closed().await;
    assert_eq!(gateway.proxy.counters().snapshot().handshakes_evicted, 1);
}

#[tokio::test]
async fn a_connection_that_ends_makes_room_at_once() {
    let config = ProxyConfig {
        max_handshakes: 1,
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let idle = accepted(&gateway).await;
    let mut waiting = gateway.connect().await;
    waiting.send(&startup("acme")).await;
    drop(idle);
    backend.accept().await.send(&login(7, b"abcd")).await;
    waiting.expect(&login(7, b"abcd")).await;
}

#[tokio::test(start_paused = true)]
async fn an_address_with_its_share_of_handshakes_is_closed_on_and_others_are_not() {
    let config = ProxyConfig {
        max_handshakes_per_address: 1,
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let _idle = accepted(&gateway).await;
    gateway.connect().await.closed().await;
    assert_eq!(gateway.proxy.counters().snapshot().handshakes_refused, 1);
    let mut other = Client::connect_from("127.0.0.2".parse().unwrap(), gateway.address).await;
    other.send(&startup("acme")).await;
    backend.accept().await.expect(&startup("acme")).await;
}

/// A slow client is not to be pushed out by its own later connections.
#[tokio::test(start_paused = true)]
async fn a_client_with_a_session_has_no_place_to_lose() {
    let config = ProxyConfig {
        max_handshakes: 1,
        max_handshakes_per_address: 1,
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let (mut client, mut session) = gateway.session(&backend).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let _idle = accepted(&gateway).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let _second_idle = accepted(&gateway).await;
    client.send(b"still here").await;
    session.expect(b"still here").await;
}

#[tokio::test]
async fn a_full_address_is_told_so_without_looking_anybody_up() {
    let config = ProxyConfig {
        max_sessions_per_address: Some(1),
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let only = gateway.session(&backend).await;
    for user in ["acme", "nobody"] {
        let told = refusal(&gateway, user).await;
        assert!(
            told.contains("C53300\\x00Msorry, too many clients already"),
            "{told}"
        );
    }
    let refused = gateway.proxy.counters().snapshot().refused;
    assert_eq!(refused, [("address_full", 2)].into());
    let mut other = Client::connect_from("127.0.0.2".parse().unwrap(), gateway.address).await;
    other.send(&startup("acme")).await;
    backend.accept().await.expect(&startup("acme")).await;
    drop(only);
}

/// Else a stranger could hold any number of connections open by never finishing a login.
#[tokio::test]
async fn who_only_tries_a_password_takes_a_session() {
    let config = ProxyConfig {
        max_sessions: 1,
        disclose: Disclosure::Never,
        ..eager()
    };
    let (gateway, _backend, _) = Gateway::with_tenant(config);
    let mut trying = gateway.connect().await;
    trying.send(&startup("nobody")).await;
    assert_eq!(trying.message().await[0], b'R');
    let told = refusal(&gateway, "nobody").await;
    assert!(told.contains("C53300"), "{told}");
}

/// A connection that the proxy has accepted, and that says nothing more.
async fn accepted(gateway: &Gateway) -> Client {
    let mut client = gateway.connect().await;
    client.send(b"\0\0\0\x08\x04\xD2\x16\x2F").await;
    client.expect(b"N").await;
    client
}
