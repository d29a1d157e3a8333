use crate::{
    refusing::wrong_password,
    support::{Gateway, startup},
};
use pgs_core::{TenantId, routing::Refusal};
use pgs_proxy::{BanPolicy, Disclosure, LoginLimits, ProxyConfig};
use std::time::Duration;

/// Whoever wants no time to run out may say so.
#[tokio::test]
async fn times_may_be_as_long_as_can_be_written() {
    let config = ProxyConfig {
        handshake_timeout: Duration::MAX,
        connect_timeout: Duration::MAX,
        authentication_timeout: Duration::MAX,
        start_wait: Duration::MAX,
        disclose: Disclosure::Never,
        bans: BanPolicy {
            failures: 1,
            window: Duration::MAX,
            first: Duration::MAX,
            longest: Duration::MAX,
            loopback: true,
            ..BanPolicy::default()
        },
        logins: LoginLimits {
            wait: Duration::MAX,
            ..LoginLimits::default()
        },
        ..ProxyConfig::default()
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    gateway.session(&backend).await;
    let starting: TenantId = "starting".parse().unwrap();
    gateway
        .router
        .answer("starting", Err(Refusal::Starting(starting)));
    let mut waiting = gateway.connect().await;
    waiting.send(&startup("starting")).await;
    gateway.router.asked_again().await;
    let mut client = gateway.connect().await;
    client.send(&startup("nobody")).await;
    wrong_password(&mut client).await;
    assert!(gateway.proxy.bans()[0].remaining > Duration::from_hours(24 * 3649));
}
