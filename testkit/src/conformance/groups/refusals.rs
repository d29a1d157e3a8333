//! What a client is told that is not let in: the reason if it may know, else the same as everybody.

use crate::{
    conformance::{
        Audience::{Stranger, Trusted},
        Case,
        Section::Errors,
        world::{ACME, CLOSED, HALTED},
    },
    message::{V3_0, V3_2, V3_9999, startup, startup_with},
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (protocol, version) in [("3.0", V3_0), ("3.2", V3_2), ("3.9999", V3_9999)] {
        cases.extend(NOT_LET_IN.map(|user| stranger(user, protocol, version)));
    }
    cases.extend(TOLD.map(|(name, version, parameters)| told(name, version, parameters)));
    cases.extend(DATABASES.map(|database| {
        let name = format!("a stranger asks for nobody's database `{database}`");
        let packet = startup_with(V3_0, &[("user", "nobody"), ("database", database)]);
        wrong(name, packet).for_a(Stranger)
    }));
    cases
}

/// To the server every one of them is a role that is not there, which it does not say either.
fn stranger(user: &'static str, protocol: &str, version: u32) -> Case {
    let name = format!("a stranger called `{user}` guesses a password, {protocol}");
    wrong(name, startup(version, user)).for_a(Stranger)
}

fn wrong(name: String, packet: Vec<u8>) -> Case {
    Case::new(Errors, name, move |talk| {
        talk.login(&packet, "wrong");
    })
}

fn told(name: &str, version: u32, parameters: &[(&str, &str)]) -> Case {
    let packet = startup_with(version, parameters);
    Case::left_by_the_client(Errors, name, packet).for_a(Trusted)
}

const NOT_LET_IN: [&str; 8] = [
    "nobody",
    CLOSED,
    HALTED,
    "pgs_admin",
    "postgres",
    "A",
    "x y",
    "Acme",
];
const DATABASES: [&str; 4] = [ACME, "nobody", "postgres", ""];

type Told = (&'static str, u32, &'static [(&'static str, &'static str)]);

const TOLD: [Told; 8] = [
    (
        "asks for a tenant that is not there",
        V3_0,
        &[("user", "nobody")],
    ),
    (
        "asks for a tenant that is not there, in a newer protocol",
        V3_9999,
        &[("user", "nobody")],
    ),
    (
        "asks for a tenant that is disabled",
        V3_0,
        &[("user", CLOSED)],
    ),
    (
        "asks for a tenant that is stopped",
        V3_0,
        &[("user", HALTED)],
    ),
    ("asks for a name in another case", V3_0, &[("user", "Acme")]),
    (
        "is the manager",
        V3_0,
        &[("user", "pgs_admin"), ("database", ACME)],
    ),
    (
        "is another role of a tenant's server",
        V3_0,
        &[("user", "clerk"), ("database", ACME)],
    ),
    (
        "replicates a whole server",
        V3_0,
        &[("user", ACME), ("replication", "true")],
    ),
];
