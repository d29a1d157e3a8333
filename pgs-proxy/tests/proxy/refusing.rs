use crate::support::{Backend, Client, Gateway, eager, startup};
use pgs_core::{
    Endpoint, TenantUid, Timestamp,
    routing::{Refusal, Route},
    wire::{ErrorResponse, ErrorSource, ProtocolVersion, authentication, client},
};
use pgs_proxy::{Disclosure, MockSecret, ProxyConfig};

pub(crate) fn among_strangers() -> ProxyConfig {
    ProxyConfig {
        disclose: Disclosure::Never,
        mock_secret: MockSecret::new([7; 32]),
        ..eager()
    }
}

/// Every confidential reason, and the router's answer that leads to it.
fn confidential() -> Vec<Result<Route, Refusal>> {
    let acme = || "acme".parse().unwrap();
    let nobody_listens = Endpoint::Unix("/nonexistent/s".into());
    let mut full = route(nobody_listens.clone());
    full.max_sessions = Some(0);
    vec![
        Err(Refusal::UnknownTenant),
        Err(Refusal::AccessDisabled(acme())),
        Err(Refusal::NotRunning(acme())),
        Err(Refusal::Starting(acme())),
        Err(Refusal::TenantFull(acme())),
        Ok(full),
        Ok(route(nobody_listens)),
    ]
}

fn route(endpoint: Endpoint) -> Route {
    let uid = TenantUid::new(Timestamp::from_millis(0));
    Route::new(uid, "acme".parse().unwrap(), endpoint)
}

const CLIENT_NONCE: &str = "fyko+d2lbbFgONRv9qkxdawL";

/// Logs in with a wrong password; everything the server says, its own nonce blotted out.
pub(crate) async fn wrong_password(client: &mut Client) -> Vec<u8> {
    let mut said = client.message().await;
    let mut packet = Vec::new();
    begin(client).await;
    let mut challenge = client.message().await;
    let nonce_at = 9 + "r=".len() + CLIENT_NONCE.len();
    let nonce = String::from_utf8(challenge[nonce_at..nonce_at + 24].to_vec()).unwrap();
    challenge[nonce_at..nonce_at + 24].fill(b'*');
    said.extend(challenge);
    let last =
        format!("c=biws,r={CLIENT_NONCE}{nonce},p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    client::sasl_response(last.as_bytes(), &mut packet);
    client.send(&packet).await;
    said.extend(client.rest().await);
    said
}

/// Asks for the salt.
pub(crate) async fn challenge(client: &mut Client) -> Vec<u8> {
    client.message().await;
    begin(client).await;
    client.message().await
}

async fn begin(client: &mut Client) {
    let first = format!("n,,n=,r={CLIENT_NONCE}");
    let mut packet = Vec::new();
    client::sasl_initial_response("SCRAM-SHA-256", Some(first.as_bytes()), &mut packet);
    client.send(&packet).await;
}

async fn ask(gateway: &Gateway) -> Client {
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    client
}

#[tokio::test]
async fn a_stranger_sees_the_same_wrong_password_whatever_the_reason() {
    let mut seen = Vec::new();
    for answer in confidential() {
        let gateway = Gateway::open(among_strangers());
        gateway.router.answer("acme", answer);
        seen.push(wrong_password(&mut ask(&gateway).await).await);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
    let text = seen[0].escape_ascii().to_string();
    assert!(
        text.contains("C28P01\\x00Mpassword authentication failed for user \\\"acme\\\""),
        "{text}"
    );
}

#[tokio::test]
async fn a_stranger_is_told_what_concerns_everybody() {
    let gateway = Gateway::open(among_strangers());
    gateway
        .router
        .answer("acme", Err(Refusal::ClusterReplication));
    let told = ask(&gateway).await.rest().await;
    assert!(told.starts_with(b"E") && contains(&told, b"physical replication is not allowed"));
}

#[tokio::test]
async fn a_peer_on_this_machine_learns_the_true_reason() {
    for answer in confidential() {
        let gateway = Gateway::open(eager());
        gateway.router.answer("acme", answer);
        let told = ask(&gateway).await.rest().await;
        assert!(
            told.starts_with(b"E") && !contains(&told, b"28P01"),
            "{}",
            told.escape_ascii()
        );
    }
}

#[tokio::test]
async fn the_reasons_are_counted() {
    let gateway = Gateway::open(eager());
    for answer in confidential() {
        gateway.router.answer("acme", answer);
        ask(&gateway).await.rest().await;
    }
    let refused = gateway.proxy.counters().snapshot().refused;
    let expected = [
        ("access_disabled", 1),
        ("backend_unreachable", 1),
        ("not_running", 1),
        ("starting", 1),
        ("tenant_full", 2),
        ("unknown_tenant", 1),
    ];
    assert_eq!(refused, expected.into());
}

#[tokio::test]
async fn a_refusal_names_the_line_a_live_server_has_shown() {
    let (gateway, backend, _) = Gateway::with_tenant(among_strangers());
    let live = ErrorSource::known("auth.c", "999", "auth_failed");
    let mut error = Vec::new();
    ErrorResponse::fatal("28P01", "password authentication failed for user \"acme\"")
        .with_source(live)
        .encode(&mut error);
    let mut told = Vec::new();
    authentication::sasl(&["SCRAM-SHA-256"], &mut told);
    authentication::sasl_continue(b"r=abc,s=c2FsdHNhbHQ=,i=5000", &mut told);
    told.extend_from_slice(&error);
    let mut client = ask(&gateway).await;
    backend.accept().await.send(&told).await;
    client.finish().await;
    assert_eq!(client.rest().await, told);

    gateway.router.answer("acme", Err(Refusal::UnknownTenant));
    let seen = wrong_password(&mut ask(&gateway).await).await;
    assert!(seen.ends_with(&error));
}

#[tokio::test]
async fn the_line_can_be_given_beforehand() {
    let gateway = Gateway::open(among_strangers());
    let source = ErrorSource::known("auth.c", "321", "auth_failed");
    gateway.proxy.preset_wrong_password_source(&source);
    let seen = wrong_password(&mut ask(&gateway).await).await;
    assert!(contains(&seen, b"L321\0"));
}

#[tokio::test]
async fn a_newer_client_hears_the_version_first_with_either_answer() {
    let mut packet = Vec::new();
    let params: &[(&[u8], &[u8])] = &[(b"user", b"acme"), (b"_pq_.x", b"")];
    client::startup(ProtocolVersion::GREASE, params.iter().copied(), &mut packet);
    let negotiation = b"v\0\0\0\x13\0\x03\0\x02\0\0\0\x01_pq_.x\0";
    for (config, then) in [(eager(), b'E'), (among_strangers(), b'R')] {
        let gateway = Gateway::open(config);
        let mut client = gateway.connect().await;
        client.send(&packet).await;
        client.expect(negotiation).await;
        client.expect(&[then]).await;
    }
}

#[tokio::test]
async fn a_refusal_arrives_although_the_client_sent_more() {
    let gateway = Gateway::open(eager());
    let mut client = gateway.connect().await;
    let mut sent = startup("acme");
    sent.extend_from_slice(&[b'x'; 9_000]);
    client.send(&sent).await;
    client.finish().await;
    assert!(contains(&client.rest().await, b"no tenant is named"));
}

#[tokio::test]
async fn a_client_is_held_while_its_server_starts() {
    let config = ProxyConfig {
        start_wait: ProxyConfig::default().start_wait,
        ..eager()
    };
    let gateway = Gateway::open(config);
    let backend = Backend::unix();
    gateway
        .router
        .answer("acme", Err(Refusal::Starting("acme".parse().unwrap())));
    let mut client = ask(&gateway).await;
    gateway.router.asked_again().await;
    gateway.router.lead("acme", backend.endpoint());
    let mut session = backend.accept().await;
    session.expect(&startup("acme")).await;
    session.send(b"R").await;
    client.expect(b"R").await;
}

pub(crate) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_tenant_whose_socket_is_a_link_to_anothers_is_unreachable() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let Backend::Unix(_, folder) = &backend else {
        unreachable!("the tenant has a socket");
    };
    let planted = folder.path().join("planted");
    std::os::unix::fs::symlink(folder.path().join("s"), &planted).unwrap();
    gateway.router.lead("mallory", Endpoint::Unix(planted));
    let mut client = gateway.connect().await;
    client.send(&startup("mallory")).await;
    let said = client.rest().await;
    assert!(contains(&said, b"C57P03"), "{}", said.escape_ascii());
    // The first that the server hears of is one of its own.
    drop(gateway.session(&backend).await);
}
