//! Packets with a wrong frame, which are closed on in silence.

use crate::{
    conformance::{Case, Section::Framing},
    message::{CANCEL, V3_0, cancel, startup, untagged},
};

pub(super) fn cases() -> Vec<Case> {
    let packet = startup(V3_0, "acme");
    let cut = |at: usize| {
        let name = format!("a startup packet that ends after {at} bytes");
        Case::left_by_the_client(Framing, name, packet.iter().take(at).copied().collect())
    };
    let mut cases: Vec<Case> = LENGTHS.map(length).into();
    cases.extend([0, 1, 4, 5, 31, 32, 33, 255, 256, 257, 1000].map(cancel_key));
    cases.extend((1..packet.len()).map(cut));
    cases.extend([
        closed_on("a cancel request without a process", untagged(CANCEL, b"")),
        closed_on("half a cancel request", untagged(CANCEL, b"\0\0")),
    ]);
    cases
}

fn closed_on(name: &str, bytes: Vec<u8>) -> Case {
    Case::closed_on(Framing, name, bytes)
}

fn length(word: u32) -> Case {
    let bytes = [
        &word.to_be_bytes()[..],
        &V3_0.to_be_bytes(),
        b"user\0acme\0\0",
    ]
    .concat();
    closed_on(&format!("length {word}"), bytes)
}

fn cancel_key(size: usize) -> Case {
    let name = format!("a cancel request of nobody with a key of {size} bytes");
    closed_on(&name, cancel(1, &vec![7; size]))
}

const LENGTHS: [u32; 15] = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    10_005,
    10_006,
    65_536,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0xffff_fff8,
];
