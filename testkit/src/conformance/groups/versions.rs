//! Versions and options of the protocol, which are negotiated down or refused.

use super::parameters::opened;
use crate::{
    conformance::{Case, Section::Versions, world::ACME},
    message::{V3_0, V3_2, V3_9999, startup, startup_with, untagged},
};

pub(super) fn cases() -> Vec<Case> {
    let packet = |major: u32, minor: u32| startup(major << 16 | minor, ACME);
    let name = |major, minor| format!("protocol {major}.{minor}");
    let mut cases: Vec<Case> = UNKNOWN
        .map(|(major, minor)| Case::closed_on(Versions, name(major, minor), packet(major, minor)))
        .into();
    cases.extend(
        [0, 1, 2, 3, 9999, 0xffff]
            .map(|minor| Case::left_by_the_client(Versions, name(3, minor), packet(3, minor))),
    );
    cases.extend([1, 2, 4].map(|major| {
        let name = format!("protocol {major}.0 without a body");
        Case::closed_on(Versions, name, untagged(major << 16, b""))
    }));
    cases.extend(OPTIONS.map(|(name, version, parameters)| {
        Case::left_by_the_client(Versions, name, startup_with(version, parameters))
    }));
    cases.extend([
        Case::closed_on(
            Versions,
            "an option and no user",
            startup_with(V3_0, &[("_pq_.x", "1")]),
        ),
        Case::closed_on(
            Versions,
            "a newer version and no user",
            startup_with(V3_9999, &[]),
        ),
    ]);
    cases.extend(sessions());
    cases
}

/// Whole logins: the server negotiates, whoever routed the client to it.
fn sessions() -> Vec<Case> {
    let versions = [V3_0, V3_0 + 1, V3_2, V3_2 + 1, V3_9999];
    let plain = versions.map(|version| {
        opened(
            Versions,
            format!("a session of version {version:x}"),
            startup(version, ACME),
        )
    });
    let with_options = versions.map(|version| {
        let parameters = [
            ("user", ACME),
            ("_pq_.one", "1"),
            ("_pq_.test_protocol_negotiation", ""),
        ];
        let name = format!("a session of version {version:x} with options");
        opened(Versions, name, startup_with(version, &parameters))
    });
    plain.into_iter().chain(with_options).collect()
}

const UNKNOWN: [(u32, u32); 12] = [
    (0, 0),
    (0, 1),
    (1, 0),
    (1, 7),
    (2, 0),
    (2, 1),
    (4, 0),
    (5, 99),
    (1234, 0),
    (1234, 5677),
    (1234, 5681),
    (0xffff, 0xffff),
];
type Options = (&'static str, u32, &'static [(&'static str, &'static str)]);

const OPTIONS: [Options; 6] = [
    ("an option on 3.0", V3_0, &[("user", ACME), ("_pq_.x", "1")]),
    ("an option on 3.2", V3_2, &[("_pq_.x", ""), ("user", ACME)]),
    (
        "three options on 3.9999",
        V3_9999,
        &[
            ("_pq_.a", "1"),
            ("user", ACME),
            ("_pq_.b", "2"),
            ("_pq_.a", "3"),
        ],
    ),
    (
        "nothing but the prefix",
        V3_0,
        &[("user", ACME), ("_pq_.", "1")],
    ),
    ("almost the prefix", V3_0, &[("user", ACME), ("_pq_", "1")]),
    (
        "another case of the prefix",
        V3_0,
        &[("user", ACME), ("_PQ_.x", "1")],
    ),
];
