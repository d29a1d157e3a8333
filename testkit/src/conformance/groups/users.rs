//! Who the user is, and in which of several parameters that stands.

use crate::{
    conformance::{
        Audience::Stranger,
        Case,
        Section::{Authentication, Parameters},
        world::{ACME, LONGEST, password},
    },
    message::{V3_0, startup, startup_with, untagged},
};

pub(super) fn cases() -> Vec<Case> {
    let refused = |(name, parameters): (&str, &[(&str, &str)])| {
        Case::closed_on(Parameters, name, startup_with(V3_0, parameters))
    };
    let asked = |(name, parameters): (&str, &[(&str, &str)])| {
        Case::left_by_the_client(Parameters, name, startup_with(V3_0, parameters))
    };
    let bytes = |(name, body): (&str, &[u8])| {
        Case::left_by_the_client(Parameters, name, untagged(V3_0, body))
    };
    let mut cases: Vec<Case> = REFUSED.map(refused).into();
    cases.extend(ASKED.map(asked));
    cases.extend(NO_UTF8.map(bytes));
    cases.extend(no_text());
    cases.extend(longest());
    cases
}

const REFUSED: [(&str, &[(&str, &str)]); 4] = [
    ("an empty user", &[("user", "")]),
    ("no user but a database", &[("database", ACME)]),
    ("another case of `user`", &[("USER", ACME)]),
    ("the last user is empty", &[("user", ACME), ("user", "")]),
];
const ASKED: [(&str, &[(&str, &str)]); 5] = [
    (
        "the last user counts",
        &[("user", "nobody"), ("user", ACME)],
    ),
    ("the first user is empty", &[("user", ""), ("user", ACME)]),
    ("`User` is a setting", &[("User", "x"), ("user", ACME)]),
    (
        "a value that looks like a name",
        &[("database", "user"), ("user", ACME)],
    ),
    ("an empty value", &[("user", ACME), ("options", "")]),
];
const NO_UTF8: [(&str, &[u8]); 2] = [
    (
        "values that are no UTF-8",
        b"user\0acme\0application_name\0\xff\xfe\0\0",
    ),
    ("names that are no UTF-8", b"user\0acme\0\xff\xfe\0x\0\0"),
];

/// Nobody is called so, which a stranger does not learn.
fn no_text() -> [Case; 5] {
    let names: [&[u8]; 5] = [
        b"\xff\xfe",
        b"acme\xc3",
        b"\xc3\xa9t\xc3\xa9",
        b"ac me",
        b"acme\"",
    ];
    names.map(|user| {
        let packet = untagged(V3_0, &[b"user\0", user, b"\0\0"].concat());
        let name = format!("the user {}", user.escape_ascii());
        let case = Case::new(Authentication, name, move |talk| {
            talk.login(&packet, "x");
        });
        case.for_a(Stranger)
    })
}

/// The longest name is found, and longer ones are cut to it.
fn longest() -> [Case; 2] {
    [
        ("the longest name", ""),
        ("a name that is longer than names can be", "-and-more"),
    ]
    .map(|(name, more)| {
        Case::new(Parameters, name, move |talk| {
            talk.login(
                &startup(V3_0, &[LONGEST, more].concat()),
                &password(LONGEST),
            );
            talk.ask("SELECT current_user, current_database()");
            talk.finish();
        })
    })
}
