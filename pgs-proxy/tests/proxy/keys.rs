//! What names the tenant, and what its server is told.

use crate::{
    refusing::{among_strangers, contains, wrong_password},
    support::{Backend, Gateway, eager},
};
use pgs_core::{
    TenantUid, Timestamp,
    routing::{Login, Refusal, Route, RoutingKeys},
    wire::{ProtocolVersion, client},
};
use pgs_proxy::{ListenerPolicy, ProxyConfig};

fn packet(params: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut packet = Vec::new();
    client::startup(ProtocolVersion::GREASE, params.iter().copied(), &mut packet);
    packet
}

fn listener(config: ProxyConfig) -> (Gateway, Backend) {
    let mut policy = ListenerPolicy::default();
    policy.keys = RoutingKeys {
        user: true,
        role_and_tenant: true,
        options: true,
        ..RoutingKeys::NONE
    };
    let gateway = Gateway::open_with(config, policy);
    let backend = Backend::unix();
    gateway.router.lead("acme", backend.endpoint());
    (gateway, backend)
}

/// What the server gets of this, and what follows.
async fn forwarded(sent: &[(&[u8], &[u8])], expected: &[(&[u8], &[u8])]) {
    let (gateway, backend) = listener(eager());
    let pipelined = b"p\0\0\0\x09pass\0Q\0\0";
    let sent = [&packet(sent)[..], pipelined].concat();
    let expected = [&packet(expected)[..], pipelined].concat();
    for cut in [1, sent.len() / 2, sent.len()] {
        let mut client = gateway.connect().await;
        client.send(&sent[..cut]).await;
        tokio::task::yield_now().await;
        client.send(&sent[cut..]).await;
        client.finish().await;
        assert_eq!(backend.accept().await.rest().await, expected);
    }
}

#[tokio::test]
async fn a_role_and_a_tenant_become_a_user_and_a_database() {
    forwarded(
        &[(b"a", b"\xFF"), (b"user", b"app.acme"), (b"_pq_.x", b"")],
        &[
            (b"a", b"\xFF"),
            (b"user", b"app"),
            (b"_pq_.x", b""),
            (b"database", b"acme"),
        ],
    )
    .await;
    forwarded(
        &[(b"user", b"app.acme"), (b"database", b"app.acme")],
        &[
            (b"user", b"app"),
            (b"database", b"app.acme"),
            (b"database", b"acme"),
        ],
    )
    .await;
    forwarded(
        &[
            (b"user", b"x"),
            (b"database", b"shop"),
            (b"user", b"my.app.acme"),
        ],
        // What does not count stays as it was.
        &[
            (b"user", b"x"),
            (b"database", b"shop"),
            (b"user", b"my.app"),
        ],
    )
    .await;
}

#[tokio::test]
async fn without_a_dot_nothing_is_rewritten() {
    let sent: &[(&[u8], &[u8])] = &[
        (b"options", br"-c a=b\ c --pgs.tenant=acme"),
        (b"user", b"acme"),
        (b"database", b"acme"),
    ];
    forwarded(sent, sent).await;
}

#[tokio::test]
async fn a_reserved_role_reaches_no_server() {
    let (gateway, backend) = listener(among_strangers());
    let mut route = Route::new(
        TenantUid::new(Timestamp::from_millis(0)),
        "acme".parse().unwrap(),
        backend.endpoint(),
    );
    route.login = Some(Login::new("pgs_admin", "acme"));
    gateway.router.answer("other", Ok(route));
    for user in [
        &b"pgs_admin.acme"[..],
        b"postgres.acme",
        b"pg_x.acme",
        b"x.other",
    ] {
        let said = seen(&gateway, user).await;
        assert!(contains(&said, b"C28P01\0"), "{}", said.escape_ascii());
    }
    // The first that the server hears of is another one.
    let mut client = gateway.connect().await;
    client.send(&packet(&[(b"user", b"app.acme")])).await;
    let expected = packet(&[(b"user", b"app"), (b"database", b"acme")]);
    backend.accept().await.expect(&expected).await;
    let refused = gateway.proxy.counters().snapshot().refused;
    assert_eq!(refused, [("role_reserved", 4)].into());
}

/// What a stranger sees of this user, without the greeting's version.
async fn seen(gateway: &Gateway, user: &[u8]) -> Vec<u8> {
    let mut client = gateway.connect().await;
    let mut packet = Vec::new();
    client::startup(ProtocolVersion::V3_0, [(&b"user"[..], user)], &mut packet);
    client.send(&packet).await;
    wrong_password(&mut client).await
}

#[tokio::test]
async fn a_stranger_is_answered_as_by_the_server_of_the_role() {
    let (gateway, _backend) = listener(among_strangers());
    let said = seen(&gateway, b"app.nobody").await;
    assert!(
        contains(&said, b"failed for user \"app\"\0"),
        "{}",
        said.escape_ascii()
    );
    assert_eq!(
        seen(&gateway, b"app.nobody").await,
        said,
        "the salt is the role's"
    );
    assert_ne!(seen(&gateway, b"app.nobody2").await, said, "of that tenant");
    assert_eq!(
        seen(&gateway, b"nobody.nobody").await,
        seen(&gateway, b"nobody").await,
        "however they are named"
    );
    let conflict = packet(&[(b"user", b"app.acme"), (b"options", b"--pgs.tenant=beta")]);
    let mut client = gateway.connect().await;
    client.send(&conflict).await;
    assert_eq!(client.message().await[0], b'v');
    let said = wrong_password(&mut client).await;
    assert!(
        contains(&said, b"failed for user \"app\"\0"),
        "{}",
        said.escape_ascii()
    );
}

#[tokio::test]
async fn a_packet_that_outgrows_the_limit_is_refused_as_everything_is() {
    let filler = vec![b'f'; 9_972];
    let sent = |user| packet(&[(b"user", user), (b"f", &filler)]);
    let (gateway, _backend) = listener(among_strangers());
    for user in [&b"app.acme"[..], b"app.nobo"] {
        let mut client = gateway.connect().await;
        client.send(&sent(user)).await;
        client.message().await;
        let said = wrong_password(&mut client).await;
        assert!(
            contains(&said, b"failed for user \"app\"\0"),
            "{}",
            said.escape_ascii()
        );
    }
    let (gateway, _backend) = listener(eager());
    let mut client = gateway.connect().await;
    client.send(&sent(b"app.acme")).await;
    assert!(contains(&client.rest().await, b"C54000\0"));
    assert_eq!(
        gateway.proxy.counters().snapshot().refused,
        [("rewrite", 1)].into()
    );
}

#[tokio::test]
async fn who_may_know_is_told_about_a_conflict() {
    let (gateway, _backend) = listener(eager());
    gateway.router.answer("beta", Err(Refusal::UnknownTenant));
    let mut client = gateway.connect().await;
    let params: &[(&[u8], &[u8])] = &[(b"user", b"app.acme"), (b"options", b"-cpgs.tenant=beta")];
    client.send(&packet(params)).await;
    let told = client.rest().await;
    let expected = b"names different tenants: user name \"acme\", options \"beta\"\0";
    assert!(contains(&told, expected), "{}", told.escape_ascii());
}
