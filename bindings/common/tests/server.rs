//! How a proxy is waited for and ended.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use pgs_bindings::{Dialect, Manager, Server, open_options, serve_options};
use serde_json::json;
use std::time::Duration;
use testkit::within;
use tokio::time::timeout;

async fn serving() -> (Manager, Server) {
    let bindir = testkit::postgresql::bindir(18);
    let options = json!({ "local": { "bindir": { "18": bindir } } });
    let options = open_options(options, Dialect::Snake).unwrap();
    let manager = Manager::ephemeral(options).await.unwrap();
    let options = serve_options(manager.options(), json!({}), Dialect::Snake).unwrap();
    let server = manager.serve(options).await.unwrap();
    (manager, server)
}

#[tokio::test]
async fn who_waits_for_the_last_session_may_give_up_and_shut_down() {
    let (manager, server) = serving().await;
    let given_up = timeout(Duration::ZERO, server.finished()).await;
    assert!(given_up.is_err(), "nobody has taken over");
    let sessions = within("a look", server.look(|proxy| proxy.sessions().len()));
    assert_eq!(sessions.await.unwrap(), 0);

    let waits = tokio::spawn({
        let server = server.clone();
        async move { server.finished().await }
    });
    let report = within("the shutdown", server.shutdown()).await;
    assert_eq!(within("the other", waits).await.unwrap(), report);
    assert_eq!(within("a second one", server.shutdown()).await, report);
    assert!(server.look(|_| ()).await.is_err(), "it has ended");
    manager.close().await.unwrap();
}

#[tokio::test]
async fn a_manager_ends_a_proxy_whose_last_session_is_waited_for() {
    let (manager, server) = serving().await;
    let waits = tokio::spawn(async move { server.finished().await });
    within("the manager's end", manager.close()).await.unwrap();
    within("the proxy's end", waits).await.unwrap();
}
