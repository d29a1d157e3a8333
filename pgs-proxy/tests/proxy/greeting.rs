use crate::support::{Gateway, eager, soon, startup};
use pgs_proxy::ProxyConfig;
use std::time::Duration;
use tokio::io::AsyncReadExt;

const SSL: &[u8] = b"\0\0\0\x08\x04\xD2\x16\x2F";
const GSS: &[u8] = b"\0\0\0\x08\x04\xD2\x16\x30";

#[tokio::test]
async fn encryption_is_declined_and_the_session_goes_on() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let mut client = gateway.connect().await;
    for request in [GSS, SSL] {
        client.send(request).await;
        client.expect(b"N").await;
    }
    client.send(&startup("acme")).await;
    backend.accept().await.expect(&startup("acme")).await;
}

#[tokio::test]
async fn junk_is_closed_on_without_a_byte() {
    let gateway = Gateway::open(eager());
    for junk in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"\x16\x03\x01\0\0",
        b"\0\0\0\x07\0\0\0",
        b"\0\0\x27\x15",
    ] {
        let mut client = gateway.connect().await;
        client.send(junk).await;
        client.closed().await;
    }
    assert_eq!(gateway.proxy.counters().snapshot().malformed, 4);
}

#[tokio::test]
async fn a_semantic_fault_is_told_although_the_client_sent_more() {
    let gateway = Gateway::open(eager());
    let mut client = gateway.connect().await;
    client.send(b"\0\0\0\x09\0\x03\0\0\0").await;
    client.send(&[b'x'; 9_000]).await;
    client.finish().await;
    let told = client.rest().await;
    assert!(
        told.windows(5).any(|window| window == b"28000"),
        "{}",
        told.escape_ascii()
    );
}

#[tokio::test]
async fn a_client_that_says_nothing_or_not_enough_is_closed_on() {
    let config = ProxyConfig {
        handshake_timeout: Duration::from_millis(20),
        ..eager()
    };
    let gateway = Gateway::open(config);
    for start in [&b""[..], &startup("acme")[..7]] {
        let mut client = gateway.connect().await;
        client.send(start).await;
        client.closed().await;
    }
}

#[tokio::test]
async fn answers_do_not_extend_the_deadline() {
    let config = ProxyConfig {
        handshake_timeout: Duration::from_millis(50),
        ..eager()
    };
    let gateway = Gateway::open(config);
    let mut client = gateway.connect().await;
    client.send(SSL).await;
    client.expect(b"N").await;
    client.closed().await;
}

#[tokio::test]
async fn a_health_check_costs_nothing() {
    let gateway = Gateway::open(eager());
    let mut client = gateway.connect().await;
    client.finish().await;
    let mut byte = [0];
    assert_eq!(soon(client.0.read(&mut byte)).await.unwrap(), 0);
}
