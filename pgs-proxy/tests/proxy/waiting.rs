//! Clients of a tenant that is starting.

use crate::support::{Backend, Client, Gateway, eager, startup};
use pgs_core::{TenantId, routing::Refusal};
use pgs_proxy::ProxyConfig;
use std::time::Duration;

fn patient() -> ProxyConfig {
    ProxyConfig {
        start_wait: Duration::from_hours(1),
        ..eager()
    }
}

fn acme() -> TenantId {
    "acme".parse().unwrap()
}

/// A proxy whose only tenant is starting.
fn starting(config: ProxyConfig) -> Gateway {
    let gateway = Gateway::open(config);
    let refusal = Refusal::Starting(acme());
    gateway.router.answer("acme", Err(refusal));
    gateway
}

/// A client that is being held.
async fn held(gateway: &Gateway) -> Client {
    let mut client = gateway.connect().await;
    client.send(&startup("acme")).await;
    gateway.router.asked_again().await;
    client
}

async fn told(mut client: Client) -> String {
    client.rest().await.escape_ascii().to_string()
}

#[tokio::test]
async fn a_held_client_gets_its_session_with_all_that_it_sent_meanwhile() {
    let gateway = starting(patient());
    let mut client = gateway.connect().await;
    client
        .send(&[&startup("acme")[..], b"early"].concat())
        .await;
    gateway.router.asked_again().await;
    client.send(b"later").await;
    gateway.router.asked_again().await;
    let backend = Backend::unix();
    gateway.router.lead("acme", backend.endpoint());
    let mut session = backend.accept().await;
    session.expect(&startup("acme")).await;
    session.expect(b"earlylater").await;
}

#[tokio::test]
async fn a_held_client_that_leaves_gives_its_place_back() {
    for leave in [Leave::Finishing, Leave::Resetting, Leave::AfterMoreBytes] {
        let gateway = starting(ProxyConfig {
            max_waiting_per_tenant: 1,
            max_sessions: 1,
            ..patient()
        });
        let mut client = held(&gateway).await;
        match leave {
            Leave::Finishing => client.finish().await,
            Leave::Resetting => client.reset(),
            Leave::AfterMoreBytes => {
                client.send(b"unread").await;
                drop(client);
            }
        }
        abandoned(&gateway).await;
        let next = held(&gateway).await;
        assert_eq!(gateway.proxy.counters().snapshot().refused, [].into());
        drop(next);
    }
}

#[derive(Clone, Copy)]
enum Leave {
    Finishing,
    Resetting,
    AfterMoreBytes,
}

/// Until the proxy has noticed that a client left.
async fn abandoned(gateway: &Gateway) {
    let noticed = async {
        while gateway.proxy.counters().snapshot().abandoned == 0 {
            tokio::task::yield_now().await;
        }
    };
    crate::support::soon(noticed).await;
}

#[tokio::test]
async fn no_more_wait_than_may() {
    for config in [
        ProxyConfig {
            max_waiting: 1,
            ..patient()
        },
        ProxyConfig {
            max_waiting_per_tenant: 1,
            ..patient()
        },
    ] {
        let gateway = starting(config);
        let _first = held(&gateway).await;
        let mut second = gateway.connect().await;
        second.send(&startup("acme")).await;
        let told = told(second).await;
        assert!(
            told.contains(r#"C53300\x00Mtoo many connections for database \"acme\""#),
            "{told}"
        );
        let refused = gateway.proxy.counters().snapshot().refused;
        assert_eq!(refused, [("too_many_waiting", 1)].into());
    }
}

#[tokio::test]
async fn one_tenants_waiters_are_not_anothers() {
    let gateway = starting(ProxyConfig {
        max_waiting_per_tenant: 1,
        ..patient()
    });
    gateway
        .router
        .answer("other", Err(Refusal::Starting("other".parse().unwrap())));
    let _first = held(&gateway).await;
    let mut other = gateway.connect().await;
    other.send(&startup("other")).await;
    let backend = Backend::unix();
    gateway.router.lead("other", backend.endpoint());
    backend.accept().await.expect(&startup("other")).await;
}
