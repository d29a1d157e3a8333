//! Whoever may not know the reason sees a wrong password, in the words of a live server.

use crate::front::{Front, keys};
use pgs::routing::RoutingKeys;
use testkit::{
    Closing,
    message::{V3_0, V3_2, V3_9999, startup_with},
};

/// What is said, without what differs between any two logins: salts, nonces and proofs, but not their lengths.
fn said(
    front: &Front,
    version: u32,
    parameters: &[(&str, &str)],
) -> (Vec<String>, Option<Closing>) {
    let mut client = front.connect();
    let greeting = client.login(&startup_with(version, parameters), "wrong");
    let words = greeting
        .frames
        .iter()
        .map(|frame| match frame.authentication() {
            Some(11) => format!("R 11 {}", frame.body.len()),
            _ => format!("{frame:?}"),
        });
    (words.collect(), greeting.closing)
}

fn listener() -> Front {
    Front::secretive(keys(RoutingKeys {
        user: true,
        role_and_tenant: true,
        host_suffixes: Vec::new(),
        database: false,
        options: true,
    }))
}

#[test]
fn every_way_of_being_unknown_looks_like_the_servers_own_refusal() {
    let front = listener();
    front.stage.disabled_tenant("closed");
    front.stage.stopped_tenant("halted");
    let beta = ("options", "--pgs.tenant=beta");
    let long = "x".repeat(9_960);
    for version in [V3_0, V3_2, V3_9999] {
        let server = said(&front, version, &[("user", "app.keyed")]);
        assert!(
            server.0.concat().contains("failed for user \\\"app\\\""),
            "{server:?}"
        );
        for parameters in [
            &[("user", "app.nobody")][..],
            &[("user", "app.closed")],
            &[("user", "app.halted")],
            &[("user", "app.NO such")],
            &[("user", "app.")],
            &[("user", "app.nobody"), ("database", "app.nobody")],
            &[("user", "app.keyed"), beta],
            &[("user", "app.keyed"), ("application_name", &long)],
        ] {
            assert_eq!(said(&front, version, parameters), server, "{parameters:?}");
        }
    }
}

/// The server answers for a role that it does not have; for pgs's own nobody asks it.
#[test]
fn a_reserved_role_looks_like_one_that_is_not_there() {
    let front = listener();
    for role in ["pgs_admin", "postgres", "pg_monitor", "no_such_role"] {
        let words = |tenant: &str| {
            let user = format!("{role}.{tenant}");
            said(&front, V3_0, &[("user", &user)])
        };
        let server = words("keyed");
        assert_eq!(words("nobody"), server, "{role}");
        assert!(
            server
                .0
                .concat()
                .contains(&format!("for user \\\"{role}\\\"")),
            "{server:?}"
        );
    }
}

#[test]
fn a_salt_belongs_to_a_role_of_a_tenant() {
    let front = listener();
    let salt = |user: &str| {
        let (_, greeting) = front.login(&[("user", user)], "wrong");
        greeting.salt().unwrap()
    };
    let users = [
        "app.keyed",
        "app.nobody",
        "app.nobody2",
        "other.nobody",
        "nobody",
    ];
    let salts = users.map(salt);
    assert_eq!(users.map(salt), salts, "the same at every connection");
    for (index, one) in salts.iter().enumerate() {
        assert_eq!(salts.iter().position(|other| other == one), Some(index));
    }
    assert_eq!(
        salt("nobody.nobody"),
        salts[4],
        "the same role of the same tenant"
    );
}
