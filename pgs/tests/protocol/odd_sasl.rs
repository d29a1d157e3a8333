//! Passwords that no client should send, for a name that nobody has: the proxy speaks for itself, as the server would.

use crate::{
    common::Stage,
    compare::{Said, said, same_in_secret},
    mask::masked,
};
use testkit::{
    RawClient,
    message::{V3_0, sasl_initial, startup, tagged},
};

const FIRST: &[u8] = b"n,,n=,r=abcdefghijklmnop";
const SCRAM: &str = "SCRAM-SHA-256";

fn to_nobody(client: &mut RawClient, answer: &[u8]) -> Said {
    client.send(&startup(V3_0, "nobody"));
    client.frames_until(b'R');
    client.send(answer);
    client.finish();
    said(client)
}

#[test]
fn an_odd_first_answer_is_treated_as_the_server_treats_it() {
    let stage = Stage::shared();
    for bytes in first_answers() {
        let case = bytes.escape_ascii().to_string();
        same_in_secret(&case, &stage, |client| to_nobody(client, &bytes));
    }
}

fn first_answers() -> Vec<Vec<u8>> {
    let mut answers: Vec<Vec<u8>> = CLIENT_FIRST
        .iter()
        .map(|first| sasl_initial(SCRAM, first))
        .collect();
    answers.extend(
        [
            "SCRAM-SHA-256-PLUS",
            "SCRAM-SHA-1",
            "PLAIN",
            "",
            "scram-sha-256",
        ]
        .map(|mechanism| sasl_initial(mechanism, FIRST)),
    );
    let with_length = |length: i32| {
        tagged(
            b'p',
            &[b"SCRAM-SHA-256\0", &length.to_be_bytes()[..], FIRST].concat(),
        )
    };
    answers.extend([-1, -2, 0, 1, 23, 25, i32::MAX].map(with_length));
    answers.extend([
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
    ]);
    answers
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

#[test]
fn an_odd_last_answer_is_treated_as_the_server_treats_it() {
    let stage = Stage::shared();
    for last in LAST_ANSWERS {
        same_in_secret(last, &stage, |client| {
            client.send(&startup(V3_0, "nobody"));
            client.frames_until(b'R');
            client.send(&sasl_initial(SCRAM, FIRST));
            let challenge = client.frame().unwrap();
            let text = String::from_utf8(challenge.body[4..].to_vec()).unwrap();
            let nonce = text.split(',').next().unwrap().trim_start_matches("r=");
            let last = last.replace("NONCE", nonce).replace("PROOF", PROOF);
            client.send(&tagged(b'p', last.as_bytes()));
            client.finish();
            (masked(&[challenge]), said(client))
        });
    }
}

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
