use crate::support::{Gateway, eager, startup};
use pgs_proxy::ProxyConfig;
use std::time::Duration;

#[tokio::test]
async fn sessions_of_a_tenant_that_is_no_longer_admitted_are_closed_on_both_sides() {
    let (gateway, backend, uid) = Gateway::with_tenant(eager());
    let (mut client, mut session) = gateway.session(&backend).await;
    gateway.router.deny(uid);
    client.closed().await;
    assert_eq!(session.rest().await, b"");
}

#[tokio::test]
async fn with_the_default_pace_it_takes_less_than_a_second() {
    let defaults = ProxyConfig::default();
    assert!(defaults.revocation_tick + defaults.revocation_grace < Duration::from_secs(1));
}

#[tokio::test]
async fn sessions_of_others_go_on() {
    let (gateway, backend, uid) = Gateway::with_tenant(eager());
    let (mut revoked, _) = gateway.session(&backend).await;
    gateway.router.lead("acme", backend.endpoint());
    let (mut client, mut session) = gateway.session(&backend).await;
    gateway.router.deny(uid);
    revoked.closed().await;
    client.send(b"still").await;
    session.expect(b"still").await;
}

#[tokio::test]
async fn the_server_has_a_moment_to_say_why() {
    let config = ProxyConfig {
        revocation_grace: Duration::from_mins(10),
        ..eager()
    };
    let (gateway, backend, uid) = Gateway::with_tenant(config);
    let (mut client, mut session) = gateway.session(&backend).await;
    gateway.router.deny(uid);
    session.send(b"57P01").await;
    drop(session);
    assert_eq!(client.rest().await, b"57P01");
}

#[tokio::test]
async fn a_session_that_is_admitted_too_late_is_not_opened() {
    let (gateway, backend, uid) = Gateway::with_tenant(eager());
    // The router still knows the way, as if the tenant were disabled between its two answers.
    gateway.router.deny(uid);
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    let told = client.rest().await.escape_ascii().to_string();
    assert!(told.contains("is disabled"), "{told}");
    drop(backend);
}
