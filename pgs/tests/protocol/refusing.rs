//! What a client is told that is not let in: the reason if it may know, else the same as everybody.

use crate::{
    common::{Stage, password},
    said::{Said, said},
};
use pgs::routing::{Refusal, Replication, RouteRequest};
use std::net::Ipv4Addr;
use testkit::{
    Closing, Frame, Greeting, RawClient,
    conformance::mask::{masked, without_name},
    message::{V3_0, V3_2, V3_9999, startup, startup_with},
};

#[test]
fn a_client_on_this_machine_is_told_the_reason() {
    let stage = Stage::shared();
    let closed = stage.disabled_tenant("closed");
    let halted = stage.stopped_tenant("halted");
    let cases = [
        ("nobody", Refusal::UnknownTenant),
        ("closed", Refusal::AccessDisabled(closed)),
        ("halted", Refusal::NotRunning(halted)),
    ];
    for (user, refusal) in cases {
        let mut client = stage.frank();
        let greeting = client.login(&startup(V3_0, user), "whatever");
        assert_eq!(greeting.closing, Some(Closing::Finished), "{user}");
        let [error] = greeting.frames.as_slice() else {
            panic!("{user}: {greeting:?}")
        };
        assert_told(error, &refusal, user);
    }
}

pub(crate) fn assert_told(error: &Frame, refusal: &Refusal, user: &str) {
    let peer = Some(Ipv4Addr::LOCALHOST.into());
    let request = RouteRequest::new(user.as_bytes(), user.as_bytes(), Replication::None, peer);
    let told = refusal.sql_error(&request);
    let field = |name| error.field(name);
    assert_eq!(field(b'C').as_deref(), Some(told.sqlstate), "{user}");
    assert_eq!(field(b'M'), Some(told.message), "{user}");
    assert_eq!(field(b'H'), told.hint, "{user}");
    assert_eq!(field(b'S').as_deref(), Some("FATAL"), "{user}");
    assert_eq!(field(b'V').as_deref(), Some("FATAL"), "{user}");
}

/// A password that was sent along is left unread, and must not destroy the answer.
#[test]
fn a_refusal_arrives_whatever_was_sent_behind_the_startup_packet() {
    let stage = Stage::shared();
    for size in [1, 5_000, 200_000] {
        let mut client = stage.frank();
        client.send(&[startup(V3_0, "nobody"), vec![b'p'; size]].concat());
        let (bytes, _) = client.rest();
        assert_eq!(
            Frame::all(&bytes)[0].sqlstate().as_deref(),
            Some("28000"),
            "{size}"
        );
    }
}

/// A stranger cannot tell a tenant that is not there from a password that is wrong, nor the proxy from a server.
#[test]
fn to_a_stranger_every_refusal_is_a_wrong_password() {
    let stage = Stage::shared();
    stage.tenant("acme");
    stage.disabled_tenant("closed");
    stage.stopped_tenant("halted");
    for version in [V3_0, V3_2, V3_9999] {
        let wrong = |client: &mut RawClient, name: &str| {
            let greeting = client.login(&startup(version, name), "wrong");
            let greeting = Said::from(greeting);
            Said {
                frames: without_name(&greeting.frames, name),
                ..greeting
            }
        };
        let server = wrong(&mut stage.direct(), "acme");
        assert_eq!(server.sqlstate().as_deref(), Some("28P01"));
        assert_eq!(
            wrong(&mut stage.direct(), "nobody"),
            server,
            "the server itself is uniform"
        );
        for name in [
            "acme",
            "nobody",
            "closed",
            "halted",
            "pgs_admin",
            "postgres",
            "A",
            "x y",
        ] {
            let proxy = wrong(&mut stage.secretive(), name);
            assert_eq!(proxy, server, "{name} in version {version:x}");
        }
    }
}

/// Even who knows the password of a disabled tenant.
#[test]
fn the_right_password_opens_no_closed_door() {
    let stage = Stage::shared();
    stage.disabled_tenant("closed");
    stage.stopped_tenant("halted");
    for name in ["closed", "halted"] {
        let greeting = stage
            .secretive()
            .login(&startup(V3_0, name), &password(name));
        assert_eq!(greeting.sqlstate().as_deref(), Some("28P01"), "{name}");
    }
}

#[test]
fn a_salt_belongs_to_its_name() {
    let stage = Stage::shared();
    stage.tenant("acme");
    stage.disabled_tenant("closed");
    let salt = |name: &str| {
        let greeting: Greeting = stage.secretive().login(&startup(V3_0, name), "wrong");
        greeting.salt().unwrap()
    };
    let names = ["acme", "nobody", "nobody2", "closed"];
    let salts = names.map(salt);
    assert_eq!(names.map(salt), salts, "the same at every connection");
    let mut different = salts.to_vec();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), names.len(), "{salts:?}");
    assert!(
        salts.iter().all(|salt| salt.len() == salts[0].len()),
        "{salts:?}"
    );
}

/// Else the database would tell what the user does not.
#[test]
fn the_database_makes_no_difference() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let ask = |user, database| {
        let packet = startup_with(V3_0, &[("user", user), ("database", database)]);
        Said::from(stage.secretive().login(&packet, "wrong")).frames
    };
    for database in ["acme", "nobody", "postgres", ""] {
        let (live, none) = (ask("acme", database), ask("nobody", database));
        assert_eq!(
            without_name(&live, "acme"),
            without_name(&none, "nobody"),
            "{database}"
        );
    }
}

/// A client that goes away in the middle hears nothing, from either.
#[test]
fn leaving_during_the_exchange_is_no_error() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for name in ["acme", "nobody"] {
        let mut client = stage.secretive();
        client.send(&startup(V3_0, name));
        assert_eq!(masked(&client.frames_until(b'R')).len(), 1);
        client.finish();
        assert_eq!(said(&mut client).frames, [], "{name}");
    }
}
