//! Passwords that no client should send: to a tenant's server, and to nobody, where the proxy speaks for itself.

use crate::{
    conformance::{
        Audience::{Anybody, Stranger},
        Case, Conversation,
        Section::Authentication,
        world::ACME,
    },
    message::{V3_0, sasl_initial, startup, tagged},
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (audience, user) in [(Stranger, "nobody"), (Anybody, ACME)] {
        for (label, answer) in first_answers() {
            let name = format!("{user}'s odd first answer {label}");
            let case = Case::new(Authentication, name, move |talk| first(talk, user, &answer));
            cases.push(case.for_a(audience));
        }
        for answer in LAST_ANSWERS {
            let name = format!("{user}'s odd last answer: {}", shown(answer.as_bytes()));
            let case = Case::new(Authentication, name, move |talk| last(talk, user, answer));
            cases.push(case.for_a(audience));
        }
    }
    cases
}

fn shown(bytes: &[u8]) -> String {
    bytes
        .iter()
        .take(60)
        .copied()
        .collect::<Vec<u8>>()
        .escape_ascii()
        .to_string()
}

fn first(talk: &mut Conversation<'_>, user: &str, answer: &[u8]) {
    talk.send(&startup(V3_0, user));
    talk.frames_until(b'R');
    talk.send(answer);
    talk.finish();
}

fn last(talk: &mut Conversation<'_>, user: &str, answer: &str) {
    talk.send(&startup(V3_0, user));
    talk.frames_until(b'R');
    talk.send(&sasl_initial(SCRAM, FIRST));
    let challenge = talk.frame();
    let text = String::from_utf8_lossy(challenge.body.get(4..).unwrap_or_default()).into_owned();
    let nonce = text
        .split(',')
        .next()
        .unwrap_or_default()
        .trim_start_matches("r=");
    let answer = answer.replace("NONCE", nonce).replace("PROOF", PROOF);
    talk.send(&tagged(b'p', answer.as_bytes()));
    talk.finish();
}

const FIRST: &[u8] = b"n,,n=,r=abcdefghijklmnop";
const SCRAM: &str = "SCRAM-SHA-256";

/// What a case is called, and what is sent.
fn first_answers() -> Vec<(String, Vec<u8>)> {
    let first = |first: &&[u8]| {
        (
            format!("`{}`", first.escape_ascii()),
            sasl_initial(SCRAM, first),
        )
    };
    let by = |mechanism: &&str| (format!("by `{mechanism}`"), sasl_initial(mechanism, FIRST));
    let with_length = |length: &i32| {
        let body = [b"SCRAM-SHA-256\0", &length.to_be_bytes()[..], FIRST].concat();
        (format!("of length {length}"), tagged(b'p', &body))
    };
    let message = |message: Vec<u8>| {
        (
            format!("in {} bytes: {}", message.len(), shown(&message)),
            message,
        )
    };
    let mut answers: Vec<_> = CLIENT_FIRST.iter().map(first).collect();
    answers.extend(MECHANISMS.iter().map(by));
    answers.extend(LENGTHS.iter().map(with_length));
    answers.extend(messages().into_iter().map(message));
    answers
}

const MECHANISMS: [&str; 5] = [
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-1",
    "PLAIN",
    "",
    "scram-sha-256",
];
const LENGTHS: [i32; 7] = [-1, -2, 0, 1, 23, 25, i32::MAX];

fn messages() -> Vec<Vec<u8>> {
    vec![
        tagged(b'p', b""),
        tagged(b'p', b"\0"),
        tagged(b'p', b"SCRAM-SHA-256"),
        tagged(b'p', b"SCRAM-SHA-256\0"),
        tagged(b'p', b"SCRAM-SHA-256\0\xff\xff\xff\xff"),
        tagged(b'p', b"SCRAM-SHA-256\0\xff\xff\xff\xffx"),
        tagged(b'p', b"a clear password\0"),
        tagged(b'p', &[b'x'; 1021]),
        tagged(b'p', &[b'x'; 3000]),
        tagged(b'p', &vec![b'x'; 65_600]),
        tagged(b'Q', b"SELECT 1\0"),
        tagged(b'X', b""),
        b"p".to_vec(),
        b"p\0\0\0\x03".to_vec(),
        b"p\0\0\0\0".to_vec(),
        b"p\xff\xff\xff\xff".to_vec(),
        b"p\x7f\xff\xff\xff".to_vec(),
        b"p\0\0\0\x20half".to_vec(),
        b"\0\0\0\x08".to_vec(),
        Vec::new(),
    ]
}

const CLIENT_FIRST: [&[u8]; 36] = [
    FIRST,
    b"",
    b"n",
    b"n,",
    b"n,,",
    b"n,,n=",
    b"n,,n=,",
    b"n,,n=,r=",
    b"n,,n=,r",
    b"n,,r=abc",
    b"n,,n=,r=abc,",
    b"n,,n=,r=abc,x=1",
    b"n,,n=,r=a b",
    b"n,,n=,r=a\x7f",
    b"n,,n=,r=\xc3\xa9",
    b"n,,n=,r=a\0b",
    b"n,,n=user,r=abc",
    b"n,,n=us=2Cer,r=abc",
    b"n,,m=1,n=,r=abc",
    b"n,,x=1,n=,r=abc",
    b"n,a=admin,n=,r=abc",
    b"n,x,n=,r=abc",
    b"y,,n=,r=abc",
    b"y,a=x,n=,r=abc",
    b"y",
    b"p,,n=,r=abc",
    b"p=,,n=,r=abc",
    b"p=tls-server-end-point,,n=,r=abc",
    b"p=tls-unique,,n=,r=abc",
    b"p=tls-server-end-point",
    b"x,,n=,r=abc",
    b"N,,n=,r=abc",
    b",,n=,r=abc",
    b"\xff\xff",
    b"n,,N=,r=abc",
    b"n,,n=,R=abc",
];

const LAST_ANSWERS: [&str; 22] = [
    "c=biws,r=NONCE,p=PROOF",
    "",
    "c",
    "c=",
    "c=biws",
    "c=biws,",
    "c=biws,r=NONCE",
    "c=biws,r=NONCE,",
    "c=biws,r=NONCE,p=",
    "c=biws,r=NONCE,p=AAAA",
    "c=biws,r=NONCE,p=!!!!",
    "c=biws,r=NONCE,p=PROOFPROOF",
    "c=biws,r=NONCE,p=PROOF,x=1",
    "c=biws,r=NONCE,x=1,p=PROOF",
    "c=biws,r=NONCEx,p=PROOF",
    "c=biws,r=other,p=PROOF",
    "c=eSws,r=NONCE,p=PROOF",
    "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCws,r=NONCE,p=PROOF",
    "c=!,r=NONCE,p=PROOF",
    "r=NONCE,c=biws,p=PROOF",
    "c=biws,r=NONCE,p=PROOF\0",
    "n,,n=,r=abc",
];
/// 32 bytes that prove nothing.
const PROOF: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
