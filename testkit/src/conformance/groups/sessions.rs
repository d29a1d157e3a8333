//! Sessions that end early, are large, or hear what they did not ask for.

use crate::{
    RawClient,
    conformance::{
        Case, Conversation,
        Section::{Errors, Transport},
        world::{ACME, password},
    },
    message::{V3_0, query, tagged, terminate},
    until,
};
use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::new(
            Transport,
            "a client that finished still hears the answer",
            half_closed,
        ),
        Case::new(Errors, "an idle session that is terminated", |talk| {
            terminated(talk, false);
        }),
        Case::new(Errors, "a busy session that is terminated", |talk| {
            terminated(talk, true);
        }),
        Case::new(Transport, "a large COPY TO", copy_out),
        Case::new(Transport, "a large COPY FROM", copy_in),
        Case::new(
            Errors,
            "a COPY FROM that fails while the client is still sending",
            failing_copy,
        ),
        Case::new(Transport, "a notification that was not asked for", notified),
    ]
}

fn half_closed(talk: &mut Conversation<'_>) {
    talk.log_in(V3_0, ACME);
    talk.send(&query("SELECT pg_sleep(0.2); SELECT repeat('x', 3000000)"));
    talk.finish();
}

fn other(talk: &Conversation<'_>) -> RawClient {
    let mut other = talk.another();
    other.log_in(ACME, &password(ACME));
    other
}

fn terminated(talk: &mut Conversation<'_>, busy: bool) {
    let (pid, _) = talk.log_in(V3_0, ACME);
    let mut other = other(talk);
    if busy {
        talk.send(&query("SELECT pg_sleep(600)"));
        let asleep = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep'"
        );
        until("the session sleeps", || other.value(&asleep) == "1");
    }
    talk.note(other.value(&format!("SELECT pg_terminate_backend({pid})")));
}

/// Too much to take down, so its digest is.
fn copy_out(talk: &mut Conversation<'_>) {
    talk.log_in(V3_0, ACME);
    talk.send(&query(
        "COPY (SELECT i, repeat(md5(i::text), 1 + i % 100) FROM generate_series(1, 12000) i) TO STDOUT",
    ));
    let (mut hasher, mut count) = (DefaultHasher::new(), 0);
    loop {
        let frame = talk
            .aside()
            .frame()
            .unwrap_or_else(|end| panic!("{end:?} inside a COPY"));
        (frame.tag, &frame.body).hash(&mut hasher);
        match frame.tag {
            b'd' => count += frame.body.len(),
            b'Z' => break,
            _ => {}
        }
    }
    assert!(count > 15_000_000, "{count}");
    talk.note(format!("{count} bytes, digest {:x}", hasher.finish()));
    talk.send(&terminate());
}

fn copy_in(talk: &mut Conversation<'_>) {
    let row = |i: usize| {
        [
            i.to_string(),
            "\t".to_owned(),
            "row ".repeat(i % 29),
            "\n".to_owned(),
        ]
    };
    let rows: String = (0..150_000).flat_map(row).collect();
    start_copy(talk, "i int, s text");
    // Pieces that fit no buffer's size.
    for (number, piece) in rows.as_bytes().chunks(77_777).enumerate() {
        talk.send(&tagged(b'd', piece));
        if number % 10 == 0 {
            talk.send(&tagged(b'd', b""));
        }
    }
    talk.send(&tagged(b'c', b""));
    let answers = talk.frames_until(b'Z');
    assert!(
        answers
            .iter()
            .any(|frame| frame.body.starts_with(b"COPY 150000")),
        "{answers:?}"
    );
    talk.ask("SELECT count(*), md5(string_agg(i || s, ',' ORDER BY i)) FROM t");
    talk.send(&terminate());
}

fn failing_copy(talk: &mut Conversation<'_>) {
    start_copy(talk, "i int");
    for piece in 0..100 {
        let rows = if piece == 3 {
            "nonsense\n".repeat(1000)
        } else {
            "1\n".repeat(30_000)
        };
        talk.send(&tagged(b'd', rows.as_bytes()));
    }
    talk.send(&tagged(b'c', b""));
    talk.frames_until(b'Z');
    talk.send(&terminate());
}

fn start_copy(talk: &mut Conversation<'_>, columns: &str) {
    talk.log_in(V3_0, ACME);
    talk.ask(&format!("CREATE TEMP TABLE t ({columns})"));
    talk.send(&query("COPY t FROM STDIN"));
    talk.frames_until(b'G');
}

fn notified(talk: &mut Conversation<'_>) {
    talk.log_in(V3_0, ACME);
    let mut speaker = other(talk);
    talk.ask("LISTEN news");
    speaker.ask("NOTIFY news, 'it works'");
    talk.frames_until(b'A');
    talk.send(&terminate());
}
