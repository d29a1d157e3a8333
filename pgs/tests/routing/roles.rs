//! `role.tenant`: several roles of one tenant.

use crate::{
    common::password,
    front::{Front, ROLE, TENANT, roles},
};
use testkit::{
    Closing, RawClient,
    message::{V3_0, V3_2, cancel, query, startup},
    until,
};

#[test]
fn the_server_sees_the_role_and_by_default_the_tenants_database() {
    let front = Front::frank(roles());
    let user = ("user", "app.keyed");
    for (parameters, seen) in [
        (&[user][..], "app in keyed"),
        (&[user, ("database", "app.keyed")], "app in keyed"),
        (&[user, ("database", "")], "app in keyed"),
        (&[user, ("database", "keyed")], "app in keyed"),
        (
            &[("user", "x"), user, ("application_name", "a")],
            "app in keyed",
        ),
    ] {
        assert_eq!(
            front.seen(parameters, &password(ROLE)),
            seen,
            "{parameters:?}"
        );
    }
    for user in ["keyed", "keyed.keyed"] {
        assert_eq!(
            front.seen(&[("user", user)], &password(TENANT)),
            "keyed in keyed"
        );
    }
    let (_, greeting) = front.login(&[user, ("database", "nosuch")], &password(ROLE));
    assert_eq!(greeting.sqlstate().as_deref(), Some("3D000"));
}

#[test]
fn a_role_that_the_tenant_makes_logs_in_at_once() {
    let front = Front::frank(roles());
    let mut tenant = front.connect();
    tenant.log_in(TENANT, &password(TENANT));
    tenant.rows("CREATE ROLE \"dotted.role\" LOGIN PASSWORD 'secret'");
    tenant.rows("CREATE DATABASE \"second\" OWNER keyed");
    let user = ("user", "dotted.role.keyed");
    assert_eq!(front.seen(&[user], "secret"), "dotted.role in keyed");
    let second = [user, ("database", "second")];
    assert_eq!(front.seen(&second, "secret"), "dotted.role in second");
}

#[test]
fn a_wrong_password_is_the_servers_own_and_names_the_role() {
    let front = Front::frank(roles());
    let (code, message) = front.refused(&[("user", "app.keyed")]);
    assert_eq!(code, "28P01");
    assert_eq!(message, "password authentication failed for user \"app\"");
}

#[test]
fn who_may_know_hears_which_part_is_wrong() {
    let front = Front::frank(roles());
    for (user, message) in [
        ("app.nobody", "no tenant is named \"nobody\""),
        ("app.", "no tenant is named \"\""),
        ("pgs_admin.keyed", "role \"pgs_admin\" is not let in"),
        ("postgres.keyed", "role \"postgres\" is not let in"),
        (".keyed", "role \"\" is not let in"),
        ("postgres", "no tenant is named \"postgres\""),
    ] {
        assert_eq!(
            front.refused(&[("user", user)]),
            ("28000".to_owned(), message.to_owned())
        );
    }
}

#[test]
fn a_query_of_a_role_is_cancelled_by_its_key() {
    let front = Front::frank(roles());
    let mut watcher = front.connect();
    watcher.log_in(TENANT, &password(TENANT));
    for version in [V3_0, V3_2] {
        let mut client = front.connect();
        let greeting = client.login(&startup(version, "app.keyed"), &password(ROLE));
        let (pid, key) = greeting.cancel_key();
        client.send(&query("SELECT pg_sleep(600)"));
        let asleep =
            format!("SELECT count(*) FROM pg_locks WHERE pid = {pid} AND locktype = 'virtualxid'");
        until("the session is busy", || watcher.value(&asleep) == "1");
        let mut canceller: RawClient = front.connect();
        canceller.send(&cancel(pid, &key));
        assert_eq!(canceller.rest(), (Vec::new(), Closing::Finished));
        let codes: Vec<_> = client
            .frames_until(b'Z')
            .iter()
            .filter_map(testkit::Frame::sqlstate)
            .collect();
        assert_eq!(codes, ["57014"]);
    }
}
