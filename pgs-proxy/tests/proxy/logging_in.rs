//! Logins that are never finished.

use crate::{
    introducing::{self, header},
    support::{Backend, Client, Gateway, eager, login, startup},
};
use pgs_core::routing::Refusal;
use pgs_proxy::{Disclosure, LoginLimits, ProxyConfig};
use std::time::Duration;
use tokio::time::{Instant, timeout};

fn config(logins: LoginLimits) -> ProxyConfig {
    ProxyConfig {
        disclose: Disclosure::Never,
        logins,
        ..eager()
    }
}

fn open(logins: LoginLimits) -> (Gateway, Backend) {
    let gateway = introducing::open(config(logins), "127.0.0.1/32");
    let backend = Backend::unix();
    gateway.router.lead("acme", backend.endpoint());
    (gateway, backend)
}

async fn from(gateway: &Gateway, address: &str, user: &str) -> Client {
    introduced(gateway, address, &startup(user)).await
}

async fn introduced(gateway: &Gateway, address: &str, packet: &[u8]) -> Client {
    let mut client = gateway.connect().await;
    client.send(&[&header(address)[..], packet].concat()).await;
    client
}

/// Asks for a password: as a server does, and the decoy.
const ASKED: &[u8] = b"R\0\0\0\x17\0\0\0\x0ASCRAM-SHA-256\0\0";

async fn is_told_too_many(client: &mut Client) {
    let told = client.rest().await.escape_ascii().to_string();
    assert!(
        told.contains("C53300\\x00Msorry, too many clients already"),
        "{told}"
    );
}

/// The server has sixteen at most of each stranger, 32 of two, and the owner comes in nevertheless.
#[tokio::test]
async fn strangers_that_say_nothing_do_not_keep_the_owner_out() {
    let (gateway, backend) = open(LoginLimits::default());
    let mut silent = Vec::new();
    let mut servers = Vec::new();
    for number in 0..120 {
        let address = format!("192.0.2.{}:{}", 1 + number % 2, 1000 + number);
        silent.push(from(&gateway, &address, "acme").await);
        if number < 32 {
            servers.push(backend.accept().await);
        }
    }
    let none = timeout(Duration::from_millis(200), backend.accept()).await;
    assert!(none.is_err(), "a 33rd login reached the server");
    let began = Instant::now();
    let mut owner = from(&gateway, "198.51.100.1:1", "acme").await;
    let mut session = backend.accept().await;
    session.expect(&startup("acme")).await;
    session.send(&login(7, b"abcd")).await;
    owner.expect(&login(7, b"abcd")).await;
    assert!(began.elapsed() < Duration::from_secs(3));
    silent[0].closed().await;
}

/// What a stranger could count: how many of a name's logins are answered at one time, and how the others are refused.
#[tokio::test]
async fn names_that_nobody_has_have_the_same_limits() {
    let wait = Duration::from_millis(300);
    for user in ["acme", "nobody"] {
        let (gateway, backend) = open(LoginLimits {
            wait,
            ..LoginLimits::default()
        });
        let serving = tokio::spawn(async move {
            let mut sessions = Vec::new();
            loop {
                let mut session = backend.accept().await;
                session.send(ASKED).await;
                sessions.push(session);
            }
        });
        let began = Instant::now();
        let mut silent = Vec::new();
        for number in 0..20 {
            let address = format!("192.0.2.1:{}", 1000 + number);
            silent.push(from(&gateway, &address, user).await);
        }
        for client in &mut silent[..16] {
            client.expect(ASKED).await;
        }
        for client in &mut silent[16..] {
            is_told_too_many(client).await;
        }
        assert!(began.elapsed() >= wait, "{user}");
        let refused = gateway.proxy.counters().snapshot().refused;
        assert_eq!(refused.get("too_many_logins"), Some(&4), "{user}");
        serving.abort();
    }
}

#[tokio::test]
async fn many_clients_at_once_have_their_turn_one_after_the_other() {
    let (gateway, backend) = open(LoginLimits::default());
    let mut clients = Vec::new();
    for number in 0..200 {
        let address = format!("192.0.2.1:{}", 1000 + number);
        clients.push(from(&gateway, &address, "acme").await);
    }
    let mut sessions = Vec::new();
    for _ in 0..200 {
        let mut session = backend.accept().await;
        session.send(&login(7, b"abcd")).await;
        sessions.push(session);
    }
    for client in &mut clients {
        client.expect(&login(7, b"abcd")).await;
    }
    assert_eq!(gateway.proxy.counters().snapshot().live_sessions, 200);
}

#[tokio::test]
async fn an_address_with_many_unfinished_logins_is_told_so_and_others_are_not() {
    let (gateway, backend) = open(LoginLimits {
        per_address: 1,
        ..LoginLimits::default()
    });
    let _first = from(&gateway, "192.0.2.1:1", "other").await;
    let mut second = from(&gateway, "192.0.2.1:2", "acme").await;
    is_told_too_many(&mut second).await;
    let _other = from(&gateway, "192.0.2.2:1", "acme").await;
    backend.accept().await.expect(&startup("acme")).await;
}

#[tokio::test]
async fn strangers_never_take_the_last_sessions() {
    let config = ProxyConfig {
        max_sessions: 8,
        ..config(LoginLimits::default())
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let (_client, _session) = gateway.session(&backend).await;
    let mut trying = Vec::new();
    for name in ["a", "b"] {
        let mut client = gateway.connect().await;
        client.send(&startup(name)).await;
        assert_eq!(client.message().await[0], b'R');
        trying.push(client);
    }
    let mut third = gateway.connect().await;
    third.send(&startup("c")).await;
    is_told_too_many(&mut third).await;
    let mut gone = trying.pop().unwrap();
    gone.finish().await;
    gone.rest().await;
    gateway.session(&backend).await;
}

#[tokio::test]
async fn replication_has_far_fewer_and_takes_none_of_the_others() {
    let (gateway, backend) = open(LoginLimits::default());
    let packet = testkit::message::startup_with(
        testkit::message::V3_0,
        &[("user", "acme"), ("replication", "database")],
    );
    let mut silent = Vec::new();
    for number in 0..12 {
        let address = format!("192.0.2.{}:1", 1 + number);
        silent.push(introduced(&gateway, &address, &packet).await);
    }
    let mut servers = Vec::new();
    for _ in 0..4 {
        servers.push(backend.accept().await);
    }
    let none = timeout(Duration::from_millis(200), backend.accept()).await;
    assert!(none.is_err(), "a fifth login reached the server");
    let _owner = from(&gateway, "198.51.100.1:1", "acme").await;
    backend.accept().await.expect(&startup("acme")).await;
}

/// Else those that wait for a start would keep each other from waiting.
#[tokio::test]
async fn who_waits_for_a_start_does_not_count_until_it_is_over() {
    let config = ProxyConfig {
        start_wait: Duration::from_mins(1),
        ..config(LoginLimits {
            per_tenant: 1,
            ..LoginLimits::default()
        })
    };
    let (gateway, backend, _) = Gateway::with_tenant(config);
    let starting = Refusal::Starting("acme".parse().unwrap());
    gateway.router.answer("acme", Err(starting));
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = gateway.connect().await;
        client.send(&startup("acme")).await;
        gateway.router.asked_again().await;
        clients.push(client);
    }
    gateway.router.lead("acme", backend.endpoint());
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let mut session = backend.accept().await;
        let none = timeout(Duration::from_millis(50), backend.accept()).await;
        assert!(none.is_err(), "two logins at one time");
        session.send(&login(7, b"abcd")).await;
        sessions.push(session);
    }
    for client in &mut clients {
        client.expect(&login(7, b"abcd")).await;
    }
}
