use crate::{
    house::{House, get, knock, until_sessions},
    openmetrics::{Families, read, value},
};
use pgs::Proxy;
use testkit::within;

async fn scrape(proxy: &Proxy) -> Families {
    let (status, kind, text) = get(proxy, "/metrics").await;
    assert_eq!(status, 200);
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"));
    read(&text)
}

/// Waits until a sample has this value.
async fn until(proxy: &Proxy, sample: &str, wanted: f64) {
    within(sample, async {
        while value(&scrape(proxy).await, sample) != Some(wanted) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn counters_move_as_sessions_come_and_go() {
    let house = House::new().await;
    let proxy = house.proxy().await;
    let before = scrape(&proxy).await;
    assert_eq!(value(&before, "pgs_sessions_total"), Some(0.0));
    assert!(before.keys().all(|name| !name.starts_with("pgs_tenant_")));

    let first = knock(&proxy, "acme").await;
    let second = knock(&proxy, "acme").await;
    until(&proxy, "pgs_sessions_live", 2.0).await;
    let live = scrape(&proxy).await;
    for (sample, wanted) in [
        ("pgs_connections_accepted_total", 2.0),
        ("pgs_sessions_total", 2.0),
        ("pgs_startups_total{tls=\"none\"}", 2.0),
        ("pgs_handshake_seconds_count", 2.0),
        ("pgs_connect_seconds_count", 2.0),
        ("pgs_login_seconds_count", 0.0),
        ("pgs_tenant_sessions_live{tenant=\"acme\"}", 2.0),
        ("pgs_tenant_sessions_live{tenant=\"other\"}", 0.0),
        ("pgs_draining", 0.0),
    ] {
        assert_eq!(value(&live, sample), Some(wanted), "{sample}");
    }

    drop((first, second));
    until(&proxy, "pgs_sessions_live", 0.0).await;
    let after = scrape(&proxy).await;
    assert_eq!(
        value(&after, "pgs_session_duration_seconds_count"),
        Some(2.0)
    );
    let moved = value(&after, "pgs_relayed_bytes_total{direction=\"to_backend\"}");
    assert!(moved.unwrap() > 0.0);
}

#[tokio::test]
async fn no_client_makes_series() {
    let house = House::new().await;
    let proxy = house.proxy().await;
    let mut clients = Vec::new();
    for number in 0..110 {
        clients.push(knock(&proxy, &format!("tenant{number}")).await);
        until_sessions(&proxy, number + 1).await;
    }
    for number in 0..50 {
        clients.push(knock(&proxy, &format!("No tenant \"{number}\"")).await);
    }
    let sample = "pgs_refusals_total{reason=\"unknown_tenant\"}";
    until(&proxy, sample, 50.0).await;
    let all = scrape(&proxy).await;
    assert_eq!(all["pgs_tenant_sessions"].samples.len(), 101);
    let rest = value(&all, "pgs_tenant_sessions_total{tenant=\"other\"}");
    assert_eq!(rest, Some(10.0));
    assert_eq!(all["pgs_refusals"].samples.len(), 1);
}

#[tokio::test]
async fn a_proxy_is_alive_and_ready() {
    let house = House::new().await;
    let proxy = house.proxy().await;
    assert_eq!(get(&proxy, "/healthz").await.0, 200);
    assert_eq!(get(&proxy, "/readyz").await.0, 200);
}
