use crate::{
    refusing::wrong_password,
    support::{Client, Gateway, eager, login, startup},
};
use pgs_core::routing::Refusal;
use pgs_core::wire::ErrorResponse;
use pgs_proxy::{Ban, BanPolicy, Disclosure, ProxyConfig};
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

fn strict() -> ProxyConfig {
    ProxyConfig {
        disclose: Disclosure::Never,
        bans: BanPolicy {
            failures: 2,
            first: Duration::from_mins(10),
            loopback: true,
            ..BanPolicy::default()
        },
        ..eager()
    }
}

/// All of a loopback network is this machine.
async fn from(gateway: &Gateway, last: u8, user: &str) -> Client {
    let mut client = Client::connect_from([127, 0, 0, last].into(), gateway.address).await;
    client.send(&startup(user)).await;
    client
}

async fn answer(gateway: &Gateway, last: u8, user: &str) -> String {
    let answer = from(gateway, last, user).await.message().await;
    answer.escape_ascii().to_string()
}

async fn fail(gateway: &Gateway, last: u8, user: &str) {
    wrong_password(&mut from(gateway, last, user).await).await;
}

const BANNED: &str = "sorry, too many clients already";

#[tokio::test]
async fn a_ban_is_of_one_address_at_one_name() {
    let gateway = Gateway::open(strict());
    for _ in 0..2 {
        fail(&gateway, 2, "nobody").await;
    }
    assert!(answer(&gateway, 2, "nobody").await.contains(BANNED));
    assert!(!answer(&gateway, 3, "nobody").await.contains(BANNED));
    assert!(!answer(&gateway, 2, "somebody").await.contains(BANNED));
    let [ban]: [Ban; 1] = gateway.proxy.bans().try_into().unwrap();
    let address = IpAddr::from(Ipv4Addr::new(127, 0, 0, 2));
    assert_eq!(
        (ban.tenant_text(), ban.address, ban.failures),
        ("nobody".into(), address, 2)
    );
    assert!(ban.remaining > Duration::from_mins(9));
}

#[tokio::test]
async fn whoever_is_banned_is_not_looked_up() {
    let gateway = Gateway::open(strict());
    for _ in 0..2 {
        fail(&gateway, 1, "acme").await;
    }
    gateway
        .router
        .answer("acme", Err(Refusal::ClusterReplication));
    assert!(answer(&gateway, 1, "acme").await.contains(BANNED));
    assert!(gateway.proxy.unban(b"acme", Ipv4Addr::LOCALHOST.into()));
    assert!(
        answer(&gateway, 1, "acme")
            .await
            .contains("physical replication")
    );
    assert!(!gateway.proxy.unban(b"acme", Ipv4Addr::LOCALHOST.into()));
}

#[tokio::test]
async fn the_words_of_a_live_server_count_as_the_decoys_do() {
    let (gateway, backend, _) = Gateway::with_tenant(strict());
    let mut refused = Vec::new();
    ErrorResponse::fatal("28P01", "password authentication failed for user \"acme\"")
        .with_source(pgs_core::wire::ErrorSource::known(
            "auth.c",
            "1",
            "auth_failed",
        ))
        .encode(&mut refused);
    let mut other = Vec::new();
    ErrorResponse::fatal("28000", "role \"acme\" is not permitted to log in").encode(&mut other);
    for words in [
        &other,
        &refused,
        &other,
        &login(7, b"abcd"),
        &refused,
        &refused,
    ] {
        assert_eq!(gateway.proxy.bans(), []);
        let mut client = from(&gateway, 1, "acme").await;
        backend.accept().await.send(words).await;
        client.expect(words).await;
    }
    assert!(answer(&gateway, 1, "acme").await.contains(BANNED));
}

#[tokio::test]
async fn this_machine_is_banned_only_if_the_policy_says_so() {
    let mut config = strict();
    config.bans.loopback = false;
    let gateway = Gateway::open(config);
    for _ in 0..3 {
        fail(&gateway, 1, "nobody").await;
    }
    assert_eq!(gateway.proxy.bans(), []);
}
