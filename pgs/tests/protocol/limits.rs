//! How many may be in at one time, and for how long one may say nothing.

use crate::{
    common::{Stage, password},
    refusing::assert_told,
};
use pgs::{Access, Disclosure, Proxy, routing::Refusal};
use pgs_proxy::ProxyConfig;
use std::time::Duration;
use testkit::{
    Closing, Greeting, RawClient,
    message::{V3_0, startup, terminate},
    until,
};

fn log_in(proxy: &Proxy, name: &str) -> (RawClient, Greeting) {
    let mut client = RawClient::tcp(proxy.address());
    let greeting = client.login(&startup(V3_0, name), &password(name));
    (client, greeting)
}

fn is_let_in(proxy: &Proxy, name: &str) -> RawClient {
    let (client, greeting) = log_in(proxy, name);
    assert!(greeting.is_ready(), "{name}: {greeting:?}");
    client
}

fn is_told(proxy: &Proxy, name: &str, refusal: &Refusal) {
    let (_, greeting) = log_in(proxy, name);
    assert_eq!(greeting.closing, Some(Closing::Finished));
    assert_told(greeting.frames.last().unwrap(), refusal, name);
}

fn leaves(proxy: &Proxy, mut client: RawClient) {
    let before = proxy.counters().snapshot().live_sessions;
    client.send(&terminate());
    assert_eq!(client.rest(), (Vec::new(), Closing::Finished));
    until("the session's place is free", || {
        proxy.counters().snapshot().live_sessions < before
    });
}

#[test]
fn a_full_proxy_says_so_to_everybody() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for disclose in [Disclosure::Loopback, Disclosure::Never] {
        let proxy = stage.proxy_with(ProxyConfig {
            max_sessions: 1,
            disclose,
            ..ProxyConfig::default()
        });
        let inside = is_let_in(&proxy, "acme");
        for name in ["acme", "nobody"] {
            is_told(&proxy, name, &Refusal::ProxyFull);
        }
        leaves(&proxy, inside);
        is_let_in(&proxy, "acme");
    }
}

#[test]
fn a_full_tenant_leaves_room_for_the_others() {
    let stage = Stage::shared();
    let acme = stage.tenant("acme");
    stage.tenant("beta");
    let proxy = stage.proxy_with(ProxyConfig {
        max_sessions_per_tenant: Some(2),
        ..ProxyConfig::default()
    });
    let first = is_let_in(&proxy, "acme");
    let _second = is_let_in(&proxy, "acme");
    is_told(&proxy, "acme", &Refusal::TenantFull(acme));
    let other = is_let_in(&proxy, "beta");
    leaves(&proxy, other);
    leaves(&proxy, first);
    is_let_in(&proxy, "acme");
}

#[test]
fn a_tenants_own_limit_counts() {
    let stage = Stage::shared();
    let tight = stage.tenant_with("tight", |spec| {
        spec.access = Access::Enabled;
        spec.instance.limits.max_connections = Some(1);
    });
    let proxy = stage.proxy_with(ProxyConfig::default());
    let inside = is_let_in(&proxy, "tight");
    is_told(&proxy, "tight", &Refusal::TenantFull(tight));
    leaves(&proxy, inside);
    is_let_in(&proxy, "tight");
}

/// That a tenant is full would tell that there is one.
#[test]
fn a_stranger_does_not_learn_that_a_tenant_is_full() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let proxy = stage.proxy_with(ProxyConfig {
        max_sessions_per_tenant: Some(1),
        disclose: Disclosure::Never,
        ..ProxyConfig::default()
    });
    let _inside = is_let_in(&proxy, "acme");
    let (_, greeting) = log_in(&proxy, "acme");
    assert_eq!(greeting.sqlstate().as_deref(), Some("28P01"));
}

#[test]
fn who_never_finishes_a_startup_packet_is_closed_on_in_silence() {
    let stage = Stage::shared();
    let proxy = stage.proxy_with(ProxyConfig {
        handshake_timeout: Duration::from_millis(100),
        ..ProxyConfig::default()
    });
    for bytes in [&b""[..], b"\0", &startup(V3_0, "acme")[..12]] {
        let mut client = RawClient::tcp(proxy.address());
        client.send(bytes);
        assert_eq!(client.rest().0, b"");
    }
}
