//! The parameter `replication`, which is a database or a kind of truth.

use crate::{
    conformance::{Case, Section::Parameters, world::ACME},
    message::{V3_0, V3_9999, startup_with, untagged},
};

pub(super) fn cases() -> Vec<Case> {
    let packet = |value| startup_with(V3_0, &[("user", ACME), ("replication", value)]);
    let name = |value| format!("replication `{value}`");
    let mut cases: Vec<Case> = REFUSED
        .map(|value| Case::closed_on(Parameters, name(value), packet(value)))
        .into();
    cases.extend(
        ORDINARY.map(|value| Case::left_by_the_client(Parameters, name(value), packet(value))),
    );
    cases.extend([
        Case::closed_on(
            Parameters,
            "replication is looked at before the layout",
            untagged(V3_0, b"replication\0maybe\0user\0acme\0"),
        ),
        Case::closed_on(
            Parameters,
            "replication is looked at before the user",
            startup_with(V3_9999, &[("replication", "maybe")]),
        ),
        Case::left_by_the_client(
            Parameters,
            "the last replication counts",
            startup_with(
                V3_0,
                &[
                    ("user", ACME),
                    ("replication", "true"),
                    ("replication", "off"),
                ],
            ),
        ),
    ]);
    cases
}

const REFUSED: [&str; 9] = [
    "maybe",
    "",
    "databas",
    "databases",
    "DATABASE",
    "2",
    "o",
    " true",
    "truee",
];
const ORDINARY: [&str; 10] = [
    "false", "f", "off", "of", "no", "0", "FALSE", "Off", "n", "database",
];
