use crate::support::{Backend, Client, Gateway, eager, login, soon, startup};
use pgs_core::{
    routing::Refusal,
    wire::{ProtocolVersion, client},
};
use pgs_proxy::{ProxyConfig, SessionState, Snapshot};
use std::time::Duration;

fn counted(gateway: &Gateway) -> Snapshot {
    gateway.proxy.counters().snapshot()
}

/// Waits until the counters are as they should become.
async fn until(gateway: &Gateway, is_so: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let changed = async {
        loop {
            let counted = counted(gateway);
            if is_so(&counted) {
                return counted;
            }
            tokio::task::yield_now().await;
        }
    };
    soon(changed).await
}

fn wrong_password() -> Vec<u8> {
    let body = b"SFATAL\0VFATAL\0C28P01\0Mno\0Fauth.c\0L317\0Rauth_failed\0\0";
    let mut message = vec![b'E'];
    message.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
    message.extend(body);
    message
}

#[tokio::test]
async fn the_tables_of_the_connected_are_empty_without_them() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let visit = gateway.session(&backend).await;
    let silent = gateway.connect().await;
    let counted = until(&gateway, |counted| counted.live_handshakes == 1).await;
    assert_eq!(counted.live_sessions, 1);
    let sizes = gateway.proxy.table_sizes();
    let tables = ["cancel_keys", "handshakes", "logins", "sessions"];
    assert_eq!(tables.map(|table| sizes[table]), [1, 1, 0, 1]);
    let mut login = gateway.connect().await;
    login.send(&startup("acme")).await;
    let asked = backend.accept().await;
    assert_eq!(gateway.proxy.table_sizes()["logins"], 1);

    drop((visit, silent, login, asked));
    let remembered = ["failures", "roles", "salts"];
    let emptied = async {
        let is_empty = |(name, size): (&str, u64)| size == 0 || remembered.contains(&name);
        while !gateway.proxy.table_sizes().into_iter().all(is_empty) {
            tokio::task::yield_now().await;
        }
    };
    soon(emptied).await;
}

#[tokio::test]
async fn a_session_is_listed_from_its_route_to_its_end() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let mut packet = Vec::new();
    let names: [(&[u8], &[u8]); 3] = [
        (b"user", b"acme"),
        (b"database", b"sales"),
        (b"application_name", b"a\x1B[31m"),
    ];
    client::startup(ProtocolVersion::V3_0, names, &mut packet);
    let mut client = gateway.connect().await;
    client.send(&packet).await;
    let mut session = backend.accept().await;
    session.expect(&packet).await;

    let listed = &gateway.proxy.sessions()[0];
    assert_eq!(listed.tenant.as_str(), "acme");
    assert_eq!((&*listed.user, &*listed.database), ("acme", "sales"));
    assert_eq!(listed.application_name.as_deref(), Some("a\\u{1b}[31m"));
    assert_eq!(*listed.listener, *gateway.address.to_string());
    assert_eq!(
        listed.peer.to_string(),
        client.0.local_addr().unwrap().to_string()
    );
    assert_eq!(listed.state, SessionState::LoggingIn);
    assert_eq!((listed.tls, listed.backend_pid), (None, None));

    session.send(&login(7, b"abcd")).await;
    client.expect(&login(7, b"abcd")).await;
    let listed = &gateway.proxy.sessions()[0];
    assert_eq!(listed.state, SessionState::Ready);
    assert_eq!(listed.backend_pid, Some(7));
    assert_eq!(listed.bytes_to_backend, packet.len() as u64);

    drop(client);
    session.rest().await;
    drop(session);
    until(&gateway, |counted| counted.live_sessions == 0).await;
    assert!(gateway.proxy.sessions().is_empty());
}

#[tokio::test]
async fn times_are_measured_from_the_handshake_to_the_end() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let (client, session) = gateway.session(&backend).await;
    let live = counted(&gateway);
    assert_eq!(live.handshake.count(), 1);
    assert_eq!(live.connect.count(), 1);
    assert_eq!(live.login.count(), 1);
    assert_eq!(live.duration.count(), 0);
    assert!(live.login.total > Duration::ZERO);
    assert_eq!(live.encrypted, [("none", 1)].into());

    drop((client, session));
    let over = until(&gateway, |counted| counted.live_sessions == 0).await;
    assert_eq!(over.duration.count(), 1);
    assert_eq!(over.ended.values().sum::<u64>(), 1);
}

#[tokio::test]
async fn a_handshake_is_in_progress_until_it_made_sense_or_ended() {
    let (gateway, _backend, _) = Gateway::with_tenant(eager());
    let client = gateway.connect().await;
    until(&gateway, |counted| counted.live_handshakes == 1).await;
    drop(client);
    let after = until(&gateway, |counted| counted.live_handshakes == 0).await;
    assert_eq!((after.malformed, after.handshake.count()), (1, 0));
}

#[tokio::test]
async fn a_failed_login_is_counted_once_however_it_is_cut() {
    let (gateway, backend, _) = Gateway::with_tenant(eager());
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    let mut session = backend.accept().await;
    session.expect(&startup("acme")).await;
    for byte in wrong_password() {
        session.send(&[byte]).await;
        client.expect(&[byte]).await;
    }
    let told = counted(&gateway).tenants[&"acme".parse().unwrap()];
    assert_eq!((told.failed_logins, told.live_sessions), (1, 1));
    assert_eq!(counted(&gateway).login.count(), 0);
    assert_eq!(gateway.proxy.sessions()[0].state, SessionState::TurnedDown);
}

#[tokio::test]
async fn a_hundred_tenants_make_no_more_series_than_are_allowed() {
    let gateway = Gateway::open(ProxyConfig {
        metrics_tenants: 10,
        ..eager()
    });
    let backend = Backend::unix();
    for number in 0..100 {
        let name = format!("tenant-{number}");
        gateway.router.lead(&name, backend.endpoint());
        let mut client = gateway.connect().await;
        client.send(&startup(&name)).await;
        backend.accept().await.send(&login(number, b"abcd")).await;
        client.expect(&login(number, b"abcd")).await;
    }
    let told = until(&gateway, |counted| counted.live_sessions == 0).await;
    let names: Vec<_> = told.tenants.keys().map(ToString::to_string).collect();
    let first: Vec<_> = (0..10).map(|number| format!("tenant-{number}")).collect();
    assert_eq!(names, first);
    assert_eq!(told.other_tenants.sessions, 90);
    assert_eq!((told.sessions, told.other_tenants.live_sessions), (100, 0));
}

#[tokio::test]
async fn names_that_lead_nowhere_make_no_series() {
    let gateway = Gateway::open(eager());
    for number in 0..20 {
        let mut client = gateway.connect().await;
        client.send(&startup(&format!("guess{number}"))).await;
        client.rest().await;
    }
    gateway
        .router
        .answer("off", Err(Refusal::AccessDisabled("off".parse().unwrap())));
    let mut client: Client = gateway.connect().await;
    client.send(&startup("off")).await;
    client.rest().await;
    let told = counted(&gateway);
    assert_eq!(told.tenants, [].into());
    assert_eq!(
        told.refused,
        [("access_disabled", 1), ("unknown_tenant", 20)].into()
    );
}

#[tokio::test]
async fn a_drain_is_told() {
    let (mut gateway, backend, _) = Gateway::with_tenant(eager());
    let _live = gateway.session(&backend).await;
    assert!(!counted(&gateway).draining);
    gateway.shut_down();
    let told = until(&gateway, |counted| counted.draining).await;
    assert_eq!(told.ended.get("revoked"), None);
    let proxy = gateway.proxy.clone();
    gateway.report().await;
    assert_eq!(proxy.counters().snapshot().ended, [("shutdown", 1)].into());
}
