//! How the parameters of a startup packet are laid out.

use crate::{
    conformance::{Case, Section::Parameters},
    message::{V3_0, untagged},
};

pub(super) fn cases() -> Vec<Case> {
    let wrong =
        |(name, body): (&str, &[u8])| Case::closed_on(Parameters, name, untagged(V3_0, body));
    let mut cases: Vec<Case> = WRONG.map(wrong).into();
    cases.push(wrong(("10004 bytes without an end", &[b'x'; 9996])));
    cases.extend([100, 10_003, 10_004].map(filled));
    cases
}

/// As large as a packet may be, and larger than most.
fn filled(size: usize) -> Case {
    let mut body = b"user\0acme\0application_name\0".to_vec();
    body.resize(size - 2 - 8, b'x');
    body.extend(b"\0\0");
    let name = format!("a packet of {size} bytes");
    Case::left_by_the_client(Parameters, name, untagged(V3_0, &body))
}

const WRONG: [(&str, &[u8]); 11] = [
    ("no body", b""),
    ("only a terminator", b"\0"),
    ("no terminator", b"user\0acme\0"),
    ("an unterminated value", b"user\0acme"),
    ("an unterminated name", b"user"),
    ("a name without a value", b"user\0acme\0database\0"),
    ("a byte behind the terminator", b"user\0acme\0\0x"),
    ("another terminator", b"user\0acme\0\0\0"),
    (
        "a parameter behind the terminator",
        b"user\0acme\0\0user\0beta\0\0",
    ),
    ("two terminators at once", b"\0\0"),
    ("an empty name is the terminator", b"\0acme\0user\0acme\0\0"),
];
