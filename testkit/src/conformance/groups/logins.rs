//! Passwords that a client sends as it should, but wrong, early, or not at all.

use crate::{
    conformance::{
        Audience::Stranger,
        Case, Conversation,
        Section::Authentication,
        world::{ACME, password},
    },
    message::{V3_0, V3_2, V3_9999, query, sasl_initial, startup, tagged, terminate},
};
use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = wrong_passwords();
    cases.extend([
        Case::new(
            Authentication,
            "a password before it is asked for",
            |talk| pipelined(talk, ACME),
        ),
        Case::new(
            Authentication,
            "nobody's password before it is asked for",
            |talk| pipelined(talk, "nobody"),
        )
        .for_a(Stranger),
        Case::new(
            Authentication,
            "a query right behind the password",
            query_at_once,
        ),
        Case::new(
            Authentication,
            "a client that leaves when it is asked",
            |talk| leaves(talk, ACME),
        ),
        Case::new(Authentication, "nobody leaves when it is asked", |talk| {
            leaves(talk, "nobody");
        })
        .for_a(Stranger),
    ]);
    cases
}

fn wrong_passwords() -> Vec<Case> {
    let mut cases = Vec::new();
    for version in [V3_0, V3_2, V3_9999] {
        for wrong in ["wrong", " ", "the password of acme "] {
            let name = format!("the wrong password `{wrong}` in version {version:x}");
            cases.push(Case::new(Authentication, name, move |talk| {
                talk.login(&startup(version, ACME), wrong);
            }));
        }
    }
    cases
}

fn pipelined(talk: &mut Conversation<'_>, name: &str) {
    let first = sasl_initial("SCRAM-SHA-256", b"n,,n=,r=abcdefghijklmnop");
    talk.send(&[startup(V3_0, name), first].concat());
    talk.frames_until(b'R');
    talk.frames_until(b'R');
    talk.send(&tagged(b'p', b"nonsense"));
}

fn query_at_once(talk: &mut Conversation<'_>) {
    let password = password(ACME);
    let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
    let first = sasl_initial("SCRAM-SHA-256", scram.message());
    talk.send(&[startup(V3_2, ACME), first].concat());
    talk.frames_until(b'R');
    let challenge = talk.frame();
    let challenge = challenge.body.get(4..).unwrap_or_default();
    scram
        .update(challenge)
        .expect("the server goes on from the client's nonce");
    let proof = tagged(b'p', scram.message());
    talk.send(&[proof, query("SELECT 'at once'"), terminate()].concat());
}

fn leaves(talk: &mut Conversation<'_>, name: &str) {
    talk.send(&startup(V3_0, name));
    talk.frames_until(b'R');
    talk.finish();
}
