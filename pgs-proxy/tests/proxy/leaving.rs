//! What is left of a listener's sessions: ended by their servers, or kept while another process accepts in its place.

use crate::support::{Client, Gateway, eager, login, soon, startup};
use async_trait::async_trait;
use pgs_core::{Error, ErrorKind, Result, TenantUid, provision::ServerSession, wire};
use pgs_proxy::{CancelPeers, Helpers, Listener, ListenerPolicy, SessionEnder};
use std::{
    io::ErrorKind::WouldBlock,
    os::fd::AsFd,
    sync::{Arc, Mutex},
};
use tokio::sync::{Notify, Semaphore};

/// Notes whom it was to end.
#[derive(Debug, Default)]
struct Notary {
    asked: Mutex<Vec<(TenantUid, Vec<u32>)>>,
    told: Notify,
    fails: bool,
}

#[async_trait]
impl SessionEnder for Notary {
    async fn end(&self, tenant: TenantUid, sessions: &[ServerSession]) -> Result<()> {
        let pids = sessions.iter().map(|session| session.pid).collect();
        self.asked.lock().unwrap().push((tenant, pids));
        self.told.notify_one();
        if self.fails {
            return Err(Error::new(ErrorKind::InstanceFailed, "it does not answer"));
        }
        Ok(())
    }
}

fn helped_by(notary: &Arc<Notary>) -> Helpers {
    let mut helpers = Helpers::default();
    helpers.session_ender = Some(Arc::clone(notary) as _);
    helpers
}

#[tokio::test]
async fn what_is_left_after_the_grace_is_ended_by_its_server() {
    let notary = Arc::new(Notary::default());
    let (mut gateway, backend, uid) = Gateway::with_tenant_and(eager(), helped_by(&notary));
    let (mut client, mut session) = gateway.session(&backend).await;
    gateway.shut_down();
    soon(notary.told.notified()).await;
    assert_eq!(*notary.asked.lock().unwrap(), [(uid, vec![7])]);
    session.send(b"57P01").await;
    drop(session);
    assert_eq!(client.rest().await, b"57P01");
    drop(client);
    let report = gateway.report().await;
    assert_eq!((report.drained, report.ended, report.cut), (0, 1, 0));
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_is_not_waited_for() {
    let notary = Arc::new(Notary {
        fails: true,
        ..Notary::default()
    });
    let mut config = eager();
    config.end_grace = std::time::Duration::from_hours(1);
    let (mut gateway, backend, _) = Gateway::with_tenant_and(config, helped_by(&notary));
    let (mut client, _session) = gateway.session(&backend).await;
    gateway.shut_down();
    client.closed().await;
    let report = gateway.report().await;
    assert_eq!((report.drained, report.ended, report.cut), (0, 0, 1));
}

#[tokio::test]
async fn a_session_that_its_server_has_not_let_in_is_cut() {
    let notary = Arc::new(Notary::default());
    let (mut gateway, backend, _) = Gateway::with_tenant_and(eager(), helped_by(&notary));
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    let mut session = backend.accept().await;
    session.expect(&startup("acme")).await;
    gateway.shut_down();
    client.closed().await;
    assert_eq!(gateway.report().await.cut, 1);
    assert!(notary.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_replaced_listener_keeps_its_sessions_until_they_end() {
    let mut gateway = Gateway::open(eager());
    let backend = crate::support::Backend::unix();
    gateway.router.lead("acme", backend.endpoint());
    let (mut client, mut session) = gateway.session(&backend).await;

    gateway.be_replaced();
    client.send(b"still").await;
    session.expect(b"still").await;
    client.finish().await;
    drop(session);
    client.rest().await;
    assert_eq!(gateway.report().await.drained, 1);
}

#[tokio::test]
async fn a_connection_that_was_accepted_and_waits_for_a_place_is_not_forgotten() {
    let mut config = eager();
    config.max_handshakes = 1;
    let mut gateway = Gateway::open(config);
    let mut first = gateway.connect().await;
    first.send(b"\0\0\0\x08\x04\xD2\x16\x2F").await;
    first.expect(b"N").await;
    let mut second = gateway.connect().await;
    let proxy = gateway.proxy.clone();
    soon(async {
        while proxy.counters().snapshot().accepted < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    gateway.be_replaced();
    tokio::task::yield_now().await;
    drop(first);
    second.send(b"\0\0\0\x08\x04\xD2\x16\x2F").await;
    second.expect(b"N").await;
}

#[tokio::test]
async fn connections_wait_in_the_queue_until_the_successor_accepts_them() {
    let bound = pgs_proxy::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = bound.local_addr().unwrap();
    let copy = bound.as_fd().try_clone_to_owned().unwrap();
    let old = Gateway::open(eager());
    let replaced = async {};
    let proxy = old.proxy.clone();
    let policy = ListenerPolicy::default();
    proxy
        .run_replaceable(bound, policy.clone(), replaced, std::future::pending())
        .await;
    let mut client = Client::connect(address).await;
    client.send(b"\0\0\0\x08\x04\xD2\x16\x2F").await;

    let successor = Listener::inherited(copy).unwrap();
    tokio::spawn(async move { proxy.run(successor, policy, std::future::pending()).await });
    client.expect(b"N").await;
}

#[tokio::test]
async fn a_replaced_listener_is_still_drained_by_a_shutdown() {
    let (mut gateway, backend, _) = Gateway::with_tenant(eager());
    let (mut client, _session) = gateway.session(&backend).await;
    gateway.be_replaced();
    gateway.shut_down();
    client.closed().await;
    assert_eq!(gateway.report().await.cut, 1);
}

#[tokio::test]
async fn a_listener_that_drains_can_still_be_replaced() {
    let mut config = eager();
    config.drain_grace = std::time::Duration::from_hours(1);
    let (mut gateway, backend, _) = Gateway::with_tenant(config);
    let (mut client, mut session) = gateway.session(&backend).await;
    gateway.shut_down();
    gateway.be_replaced();
    client.send(b"still").await;
    session.expect(b"still").await;
    client.finish().await;
    drop(session);
    client.rest().await;
    let report = gateway.report().await;
    assert_eq!((report.drained, report.ended, report.cut), (1, 0, 0));
}

/// Another process, which has the key of one session.
#[derive(Debug)]
struct Elsewhere {
    packet: Vec<u8>,
    asked: Notify,
    dealt_with: Semaphore,
}

#[async_trait]
impl CancelPeers for Elsewhere {
    async fn offer(&self, packet: &[u8]) -> bool {
        self.asked.notify_one();
        let _waited = self.dealt_with.acquire().await.unwrap();
        packet == self.packet
    }
}

fn cancel(pid: u32) -> Vec<u8> {
    let mut packet = Vec::new();
    wire::client::cancel_request(pid, b"abcd", &mut packet);
    packet
}

#[tokio::test]
async fn a_key_of_another_process_is_offered_to_it_and_waited_for() {
    let elsewhere = Arc::new(Elsewhere {
        packet: cancel(9),
        asked: Notify::new(),
        dealt_with: Semaphore::new(0),
    });
    let mut helpers = Helpers::default();
    helpers.cancel_peers = Some(Arc::clone(&elsewhere) as _);
    let gateway = Gateway::helped(eager(), helpers);
    let mut canceller = gateway.connect().await;
    canceller.send(&cancel(9)).await;
    tokio::task::yield_now().await;
    let early = canceller.0.try_read(&mut [0]).map_err(|error| error.kind());
    assert_eq!(early, Err(WouldBlock));
    elsewhere.dealt_with.add_permits(1);
    canceller.closed().await;

    let mut unknown = gateway.connect().await;
    unknown.send(&cancel(10)).await;
    unknown.closed().await;
    let counters = gateway.proxy.counters().snapshot();
    assert_eq!(
        (counters.cancels_forwarded, counters.cancels_dropped),
        (1, 1)
    );
}

#[tokio::test]
async fn keys_that_nobody_has_keep_no_request_from_its_server() {
    let elsewhere = Arc::new(Elsewhere {
        packet: cancel(9),
        asked: Notify::new(),
        dealt_with: Semaphore::new(0),
    });
    let mut helpers = Helpers::default();
    helpers.cancel_peers = Some(Arc::clone(&elsewhere) as _);
    let mut config = eager();
    config.cancel.max_forwards = 1;
    let (gateway, backend, _) = Gateway::with_tenant_and(config, helpers);
    let _live = gateway.session(&backend).await;
    let mut unknown = gateway.connect().await;
    unknown.send(&cancel(10)).await;
    soon(elsewhere.asked.notified()).await;
    let mut canceller = gateway.connect().await;
    canceller.send(&cancel(7)).await;
    backend.accept().await.expect(&cancel(7)).await;
    canceller.closed().await;
}

#[tokio::test]
async fn a_request_of_another_process_is_brought_to_the_sessions_here() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    let mut session = backend.accept().await;
    session.send(&login(9, b"abcd")).await;
    client.expect(&login(9, b"abcd")).await;
    let proxy = gateway.proxy.clone();
    let sent =
        tokio::spawn(async move { (proxy.cancel(&cancel(9)).await, proxy.cancel(b"?").await) });
    backend.accept().await.expect(&cancel(9)).await;
    assert_eq!(soon(sent).await.unwrap(), (true, false));
}
