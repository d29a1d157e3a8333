//! Failed logins, counted whoever answers them.

use crate::common::{Stage, password};
use pgs::{BanPolicy, Disclosure, Proxy, ProxyConfig};
use std::{net::Ipv4Addr, time::Duration};
use testkit::{
    Frame, Greeting, RawClient,
    conformance::mask::without_name,
    message::{V3_0, startup},
};

/// Bans that outlast a test.
fn strict(stage: &Stage) -> Proxy {
    stage.proxy_with(ProxyConfig {
        disclose: Disclosure::Never,
        bans: BanPolicy {
            failures: 3,
            first: Duration::from_mins(10),
            loopback: true,
            ..BanPolicy::default()
        },
        ..ProxyConfig::default()
    })
}

fn login(proxy: &Proxy, name: &str, password: &str) -> Greeting {
    RawClient::tcp(proxy.address()).login(&startup(V3_0, name), password)
}

fn sqlstate(proxy: &Proxy, name: &str, password: &str) -> Option<String> {
    login(proxy, name, password).sqlstate()
}

#[test]
fn a_ban_comes_as_soon_and_reads_the_same_for_every_name() {
    let stage = Stage::shared();
    stage.tenant("acme");
    stage.disabled_tenant("closed");
    let proxy = strict(&stage);
    let mut answers: Vec<Vec<Frame>> = Vec::new();
    for name in ["acme", "closed", "nobody"] {
        for _ in 0..3 {
            assert_eq!(
                sqlstate(&proxy, name, "wrong").as_deref(),
                Some("28P01"),
                "{name}"
            );
        }
        let banned = login(&proxy, name, &password(name));
        assert_eq!(banned.sqlstate().as_deref(), Some("53300"), "{name}");
        answers.push(without_name(&banned.frames, name));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    let mut banned: Vec<_> = proxy.bans().iter().map(pgs::Ban::tenant_text).collect();
    banned.sort();
    assert_eq!(banned, ["acme", "closed", "nobody"]);
    let refused = proxy.counters().snapshot().refused;
    assert_eq!(refused.get("banned"), Some(&3));

    assert!(proxy.unban("acme", Ipv4Addr::LOCALHOST.into()));
    assert!(login(&proxy, "acme", &password("acme")).is_ready());
}

#[test]
fn a_success_forgives_the_failures_before_it() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let proxy = strict(&stage);
    for _ in 0..3 {
        for _ in 0..2 {
            assert_eq!(sqlstate(&proxy, "acme", "wrong").as_deref(), Some("28P01"));
        }
        assert!(login(&proxy, "acme", &password("acme")).is_ready());
    }
    assert_eq!(proxy.bans(), []);
}

/// A client that asks its user for the password hangs up first.
#[test]
fn only_a_wrong_password_is_a_failure() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let proxy = strict(&stage);
    for name in ["acme", "nobody"] {
        for _ in 0..4 {
            let mut client = RawClient::tcp(proxy.address());
            client.send(&startup(V3_0, name));
            client.frames_until(b'R');
            client.finish();
            assert_eq!(client.rest().0, b"", "{name}");
        }
        assert_eq!(
            sqlstate(&proxy, name, "wrong").as_deref(),
            Some("28P01"),
            "{name}"
        );
    }
    assert_eq!(proxy.bans(), []);
}

#[test]
fn who_shares_the_machine_with_the_proxy_is_not_banned_by_default() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let proxy = stage.proxy_with(ProxyConfig::default());
    for _ in 0..BanPolicy::default().failures {
        assert_eq!(sqlstate(&proxy, "acme", "wrong").as_deref(), Some("28P01"));
    }
    assert!(login(&proxy, "acme", &password("acme")).is_ready());
}
