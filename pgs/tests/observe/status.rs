use crate::house::{House, LONG, knock, until_sessions};
use pgs::status::running;
use std::{os::unix::fs::PermissionsExt, time::Instant};
use tokio::net::UnixListener;

#[tokio::test]
async fn every_proxy_of_a_state_directory_tells_its_sessions() {
    let house = House::new().await;
    assert!(running(house.path()).await.unwrap().reports.is_empty());
    let (one, other) = (house.proxy().await, house.proxy().await);
    let _clients = (knock(&one, "acme").await, knock(&other, "beta").await);
    until_sessions(&one, 1).await;
    until_sessions(&other, 1).await;

    let running = running(house.path()).await.unwrap();
    assert_eq!((running.reports.len(), running.silent.len()), (2, 0));
    let sessions = running.reports.iter().flat_map(|report| &report.sessions);
    let mut tenants: Vec<_> = sessions.clone().map(|one| one.tenant.as_str()).collect();
    tenants.sort_unstable();
    assert_eq!(tenants, ["acme", "beta"]);
    for session in sessions {
        assert_eq!(session.user, session.tenant.as_str());
        assert_eq!(session.application_name.as_deref(), Some("a\\u{202e}b"));
        assert!(session.state == "logging_in" && session.bytes_to_backend > 0);
    }
    let report = &running.reports[0];
    assert_eq!(report.pid, std::process::id());
    assert_eq!(report.tenants.len(), 1);
}

#[tokio::test]
async fn the_socket_is_its_owners_alone_and_goes_with_the_proxy() {
    let house = House::new().await;
    let proxy = house.proxy().await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let directory = house.path().join("serve");
    let sockets = || std::fs::read_dir(&directory).unwrap().flatten();
    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&sockets().next().unwrap().path()), 0o600);
    proxy.shutdown().await;
    testkit::within("the end of the socket", async {
        while sockets().next().is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn one_that_hangs_costs_a_second_and_one_that_is_gone_nothing() {
    let house = House::new().await;
    let _proxy = house.proxy().await;
    let hung = house.path().join("serve/1.status");
    let _never_accepts = UnixListener::bind(&hung).unwrap();
    let gone = house.path().join("serve/2.status");
    drop(UnixListener::bind(&gone).unwrap());
    let beside = house.path().join("serve/3.control");
    drop(UnixListener::bind(&beside).unwrap());

    let begun = Instant::now();
    let running = running(house.path()).await.unwrap();
    assert!(begun.elapsed() < LONG);
    assert_eq!(running.reports.len(), 1);
    assert_eq!(running.silent, [hung]);
    assert!(!gone.exists() && beside.exists());
}
