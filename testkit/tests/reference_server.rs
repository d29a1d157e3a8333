//! The tools that other tests stand on, tried on each other.

use testkit::{ReferenceServer, message, postgresql};

fn tenant_logs_in(major: u16) {
    let server = ReferenceServer::start(major, &[("acme", "secret")]);
    let mut client = server.connect();
    let greeting = client.log_in("acme", "secret");
    assert!(greeting.salt().is_some());
    assert_eq!(
        client.value("SELECT current_user || '@' || current_database()"),
        "acme@acme"
    );
    let (pid, key) = greeting.cancel_key();
    assert_eq!(client.value("SELECT pg_backend_pid()"), pid.to_string());
    assert_eq!(key.len(), 4);

    let refused = server
        .connect()
        .login(&message::startup(message::V3_0, "acme"), "wrong");
    assert_eq!(refused.sqlstate().as_deref(), Some("28P01"));
}

#[test]
fn a_role_logs_in_to_postgresql_18() {
    tenant_logs_in(18);
}

#[test]
fn a_role_logs_in_to_postgresql_15() {
    match postgresql::find(15) {
        Ok(_) => tenant_logs_in(15),
        Err(error) => testkit::skip("a login to PostgreSQL 15", &error.chain()),
    }
}
