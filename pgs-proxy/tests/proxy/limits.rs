use crate::support::{Backend, Gateway, eager, login, startup};
use pgs_proxy::ProxyConfig;

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

#[tokio::test]
async fn connections_without_a_startup_packet_wait_for_each_other() {
    let config = ProxyConfig {
        max_handshakes: 1,
        ..eager()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let mut idle = gateway.connect().await;
    // Proves that the idle one has been accepted.
    idle.send(b"\0\0\0\x08\x04\xD2\x16\x2F").await;
    idle.expect(b"N").await;
    let mut waiting = gateway.connect().await;
    waiting.send(&startup("acme")).await;
    assert_eq!(gateway.proxy.counters().snapshot().accepted, 1);
    drop(idle);
    backend.accept().await.send(&login(7, b"abcd")).await;
    waiting.expect(&login(7, b"abcd")).await;
}
