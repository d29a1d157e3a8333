//! Load balancers that say whose connection they bring.

use crate::{
    support::{Backend, Client, Gateway, Tls, eager, startup},
    tls::{client_hello, shake_hands},
};
use pgs_proxy::{Disclosure, ListenerPolicy, ProxyConfig, TlsPolicy, TrustedProxies};
use proxy_protocol_rs::HeaderBuilder;
use std::time::Duration;
use testkit::message::SSL_REQUEST;

pub(crate) fn open(config: ProxyConfig, trusted: &str) -> Gateway {
    Gateway::open_with(config, behind(trusted))
}

fn behind(trusted: &str) -> ListenerPolicy {
    let mut policy = ListenerPolicy::default();
    let trusted: TrustedProxies = [trusted.parse().unwrap()].into_iter().collect();
    policy.proxy_protocol = Some(trusted);
    policy
}

pub(crate) fn header(client: &str) -> Vec<u8> {
    let to = "10.0.0.9:5432".parse().unwrap();
    let header = HeaderBuilder::v2_proxy(client.parse().unwrap(), to);
    header.with_crc32c().build()
}

async fn introduced(gateway: &Gateway, header: &[u8], user: &str) -> Client {
    let mut client = gateway.connect().await;
    client.send(&[header, &startup(user)].concat()).await;
    client
}

/// What a refused client is told.
async fn told(gateway: &Gateway, header: &[u8], user: &str) -> String {
    let mut client = introduced(gateway, header, user).await;
    client.message().await.escape_ascii().to_string()
}

#[tokio::test]
async fn the_session_begins_behind_the_header_however_it_is_cut() {
    let gateway = open(eager(), "127.0.0.0/8");
    let backend = Backend::unix();
    gateway.router.lead("acme", backend.endpoint());
    let bytes = [&header("192.0.2.7:40000")[..], &startup("acme"), b"query"].concat();
    for cut in [1, 15, 16, 30, 35, 40, bytes.len() - 1] {
        let mut client = gateway.connect().await;
        client.send(&bytes[..cut]).await;
        tokio::task::yield_now().await;
        client.send(&bytes[cut..]).await;
        let mut session = backend.accept().await;
        session.expect(&startup("acme")).await;
        session.expect(b"query").await;
    }
}

/// The balancer passes TLS through and speaks before it, whether the client asks for TLS or begins with it.
#[tokio::test]
async fn tls_begins_behind_the_header() {
    let tls = Tls::localhost();
    let mut policy = behind("127.0.0.1/32");
    policy.tls = TlsPolicy::Require(tls.server());
    let gateway = Gateway::open_with(eager(), policy);
    let backend = Backend::unix();
    gateway.router.lead("acme", backend.endpoint());
    for is_direct in [true, false] {
        let mut client = gateway.connect().await;
        client.send(&header("192.0.2.7:40000")).await;
        if !is_direct {
            client.send(SSL_REQUEST).await;
            client.expect(b"S").await;
        }
        let safe = Tls::over(client.0, tls.config(), "localhost").await;
        safe.unwrap().log_in(&backend).await;
    }
    // Without the header nothing begins.
    let client = gateway.connect().await;
    let refused = Tls::over(client.0, tls.config(), "localhost").await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_header_and_the_first_flight_of_tls_may_come_together() {
    let tls = Tls::localhost();
    let mut policy = behind("127.0.0.1/32");
    policy.tls = TlsPolicy::Require(tls.server());
    let gateway = Gateway::open_with(eager(), policy);
    let (mut connection, hello) = client_hello(&tls);
    let mut client = gateway.connect().await;
    client
        .send(&[&header("192.0.2.7:40000")[..], &hello].concat())
        .await;
    shake_hands(&mut client, &mut connection).await;
}

#[tokio::test]
async fn the_limits_are_those_of_the_client_and_not_of_the_balancer() {
    let config = ProxyConfig {
        max_sessions_per_address: Some(1),
        ..eager()
    };
    let gateway = open(config, "127.0.0.1/32");
    let backend = Backend::unix();
    gateway.router.lead("acme", backend.endpoint());
    let _first = introduced(&gateway, &header("192.0.2.7:1"), "acme").await;
    let _session = backend.accept().await;
    let second = told(&gateway, &header("192.0.2.7:2"), "acme").await;
    assert!(second.contains("C53300"), "{second}");
    let _other = introduced(&gateway, &header("192.0.2.8:1"), "acme").await;
    backend.accept().await.expect(&startup("acme")).await;
}

#[tokio::test]
async fn a_clients_share_of_handshakes_is_counted_once_it_is_known() {
    let config = ProxyConfig {
        max_handshakes_per_address: 1,
        handshake_timeout: Duration::from_hours(1),
        ..eager()
    };
    let gateway = open(config, "127.0.0.1/32");
    let backend = Backend::unix();
    gateway.router.lead("acme", backend.endpoint());
    let mut silent = gateway.connect().await;
    silent
        .send(&[&header("192.0.2.7:1")[..], b"\0\0\0\x08\x04\xD2\x16\x2F"].concat())
        .await;
    silent.expect(b"N").await;
    let mut second = gateway.connect().await;
    second.send(&header("192.0.2.7:2")).await;
    second.closed().await;
    let _other = introduced(&gateway, &header("192.0.2.8:1"), "acme").await;
    backend.accept().await.expect(&startup("acme")).await;
}

/// The balancer is on this machine, its clients are not, whatever their addresses are said to be.
#[tokio::test]
async fn a_client_behind_a_local_balancer_learns_nothing() {
    let config = ProxyConfig {
        disclose: Disclosure::Loopback,
        ..eager()
    };
    let gateway = open(config, "127.0.0.1/32");
    let unix = HeaderBuilder::v2_unix("/c", "/s", proxy_protocol_rs::TransportProtocol::Stream);
    let unspecified = [&proxy_protocol_rs::V2_SIGNATURE[..], b"\x21\0\0\0"].concat();
    for header in [
        header("192.0.2.7:1"),
        header("127.0.0.1:1"),
        unix.build(),
        unspecified,
        HeaderBuilder::v2_local().build(),
    ] {
        let told = told(&gateway, &header, "nobody").await;
        assert!(told.contains("SCRAM-SHA-256"), "{told}");
    }
}

#[tokio::test]
async fn a_trusted_balancer_without_a_valid_header_is_closed_on_in_silence() {
    let gateway = open(eager(), "127.0.0.1/32");
    let mut broken = header("192.0.2.7:1");
    broken[17] ^= 1;
    for bytes in [
        startup("acme"),
        b"PROXY TCP4 192.0.2.7 10.0.0.9 1 5432\r\n".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"\x16\x03\x01".to_vec(),
        [&broken[..], &startup("acme")].concat(),
        [&header("192.0.2.7:1")[..], &header("192.0.2.7:1")].concat(),
    ] {
        let mut client = gateway.connect().await;
        client.send(&bytes).await;
        client.closed().await;
    }
    assert_eq!(gateway.proxy.counters().snapshot().malformed, 6);
}

#[tokio::test]
async fn who_is_not_trusted_is_closed_on_with_or_without_a_header() {
    let gateway = open(eager(), "10.0.0.0/8");
    for bytes in [startup("acme"), header("192.0.2.7:1")] {
        let mut client = gateway.connect().await;
        client.send(&bytes).await;
        client.closed().await;
    }
}

#[tokio::test]
async fn a_listener_without_balancers_takes_a_header_for_junk() {
    let (gateway, _backend, _) = Gateway::with_tenant(eager());
    let mut client = introduced(&gateway, &header("192.0.2.7:1"), "acme").await;
    client.closed().await;
}

#[tokio::test(start_paused = true)]
async fn a_header_that_never_ends_is_not_waited_for_longer_than_a_handshake() {
    let gateway = open(ProxyConfig::default(), "127.0.0.1/32");
    let mut client = gateway.connect().await;
    client.send(&header("192.0.2.7:1")[..20]).await;
    let began = tokio::time::Instant::now();
    client.closed().await;
    assert_eq!(began.elapsed().as_secs(), 10);
}
