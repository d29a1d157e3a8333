//! Sessions: nothing in them is the proxy's business, so everything in them is the same.

use crate::{
    common::{Stage, password},
    compare::{same, same_to_the_end},
    mask::masked,
};
use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
};
use testkit::{
    Closing, Frame, RawClient,
    message::{V3_0, extended, query, startup, sync, tagged, terminate},
    until,
};

/// Every message up to the end.
fn rest(client: &mut RawClient) -> (Vec<Frame>, Closing) {
    let (bytes, closing) = client.rest();
    (masked(&Frame::all(&bytes)), closing)
}

fn log_in(client: &mut RawClient) -> u32 {
    client.log_in("acme", &password("acme")).cancel_key().0
}

#[test]
fn a_conversation_is_the_same_to_its_last_byte() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for messages in conversations() {
        let case = messages.escape_ascii().to_string();
        same_to_the_end(&case, &stage, |client| {
            log_in(client);
            client.send(&messages);
            client.send(&terminate());
        });
    }
}

fn conversations() -> Vec<Vec<u8>> {
    let broken = [
        extended("SELECT 1"),
        extended("SELECT nosuch"),
        extended("SELECT 2"),
        sync(),
    ];
    vec![
        Vec::new(),
        query(""),
        query("SELECT 1; SELECT 'two', NULL; SELECT generate_series(1, 3)"),
        query("SELECT 1; SELECT nosuch; SELECT 3"),
        query("SELECT 1/0"),
        query("SYNTAX ERROR"),
        query("SELECT repeat('x', 100000)"),
        query("BEGIN; SELECT 1/0"),
        query("DO $$ BEGIN RAISE NOTICE 'notice'; RAISE WARNING 'warning'; END $$"),
        query("SET application_name = 'another'; SET client_encoding = LATIN1"),
        query("LISTEN news; NOTIFY news, 'extra'"),
        query("COPY (SELECT generate_series(1, 5)) TO STDOUT"),
        [
            query("CREATE TEMP TABLE t (i int); COPY t FROM STDIN"),
            tagged(b'd', b"1\n2\n"),
            tagged(b'c', b""),
        ]
        .concat(),
        [
            query("CREATE TEMP TABLE t (i int); COPY t FROM STDIN"),
            tagged(b'd', b"x\n"),
            tagged(b'c', b""),
        ]
        .concat(),
        [
            query("CREATE TEMP TABLE t (i int); COPY t FROM STDIN"),
            tagged(b'f', b"never mind\0"),
        ]
        .concat(),
        [extended("SELECT 1"), sync()].concat(),
        [
            extended("SELECT 1"),
            sync(),
            extended("SELECT 2"),
            sync(),
            query("SELECT 3"),
        ]
        .concat(),
        broken.concat(),
        [extended("SELECT 1"), tagged(b'H', b""), sync()].concat(),
        [tagged(b'D', b"Snosuch\0"), sync()].concat(),
        [tagged(b'F', b"\0\0\0\x01\0\0\0\0\0\0"), query("SELECT 1")].concat(),
        tagged(b'!', b""),
        b"Q\0\0\0\x03".to_vec(),
        b"Q\xff\xff\xff\xff".to_vec(),
        tagged(b'Q', b"no terminator"),
        tagged(b'P', b"\0"),
        startup(V3_0, "acme"),
    ]
}

#[test]
fn a_client_that_finished_still_hears_the_answer() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let frames = same_to_the_end("half closed", &stage, |client| {
        log_in(client);
        client.send(&query("SELECT pg_sleep(0.2); SELECT repeat('x', 3000000)"));
        client.finish();
    });
    assert!(frames.iter().any(|frame| frame.body.len() > 3_000_000));
}

#[test]
fn a_session_that_is_terminated_hears_so() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let ended = |connect: &dyn Fn() -> RawClient, busy: bool| {
        let (mut client, mut other) = (connect(), connect());
        let pid = log_in(&mut client);
        log_in(&mut other);
        if busy {
            client.send(&query("SELECT pg_sleep(600)"));
            let asleep = format!(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND wait_event = 'PgSleep'"
            );
            until("the session sleeps", || other.value(&asleep) == "1");
        }
        assert_eq!(
            other.value(&format!("SELECT pg_terminate_backend({pid})")),
            "t"
        );
        rest(&mut client)
    };
    for busy in [false, true] {
        let proxy = ended(&|| stage.frank(), busy);
        assert_eq!(proxy, ended(&|| stage.direct(), busy));
        assert_eq!(proxy.0.last().unwrap().sqlstate().as_deref(), Some("57P01"));
        assert_eq!(proxy.1, Closing::Finished);
    }
}

#[test]
fn a_large_copy_out_arrives_whole() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let (count, _) = same("COPY TO", &stage, |client| {
        log_in(client);
        client.send(&query(
            "COPY (SELECT i, repeat(md5(i::text), 1 + i % 100) FROM generate_series(1, 12000) i) TO STDOUT",
        ));
        let mut hasher = DefaultHasher::new();
        let mut count = 0;
        loop {
            let frame = client.frame().unwrap();
            (frame.tag, &frame.body).hash(&mut hasher);
            match frame.tag {
                b'd' => count += frame.body.len(),
                b'Z' => return (count, hasher.finish()),
                _ => {}
            }
        }
    });
    assert!(count > 15_000_000, "{count}");
}

#[test]
fn a_large_copy_in_arrives_whole() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let row = |i: usize| {
        [
            i.to_string(),
            "	".to_owned(),
            "row ".repeat(i % 29),
            "
"
            .to_owned(),
        ]
    };
    let rows: String = (0..150_000).flat_map(row).collect();
    let answers = same("COPY FROM", &stage, |client| {
        log_in(client);
        client.ask("CREATE TEMP TABLE t (i int, s text)");
        client.send(&query("COPY t FROM STDIN"));
        client.frames_until(b'G');
        // Pieces that fit no buffer's size.
        for (number, piece) in rows.as_bytes().chunks(77_777).enumerate() {
            client.send(&tagged(b'd', piece));
            if number % 10 == 0 {
                client.send(&tagged(b'd', b""));
            }
        }
        client.send(&tagged(b'c', b""));
        let mut answers = client.frames_until(b'Z');
        answers
            .extend(client.ask("SELECT count(*), md5(string_agg(i || s, ',' ORDER BY i)) FROM t"));
        answers
    });
    assert!(
        answers
            .iter()
            .any(|frame| frame.body.starts_with(b"COPY 150000")),
        "{answers:?}"
    );
}

/// The server's complaint comes while the client is still sending.
#[test]
fn an_error_during_a_copy_in_is_heard() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let answers = same("a COPY that fails", &stage, |client| {
        log_in(client);
        client.ask("CREATE TEMP TABLE t (i int)");
        client.send(&query("COPY t FROM STDIN"));
        client.frames_until(b'G');
        for piece in 0..100 {
            let rows = if piece == 3 {
                "nonsense\n".repeat(1000)
            } else {
                "1\n".repeat(30_000)
            };
            client.send(&tagged(b'd', rows.as_bytes()));
        }
        client.send(&tagged(b'c', b""));
        client.frames_until(b'Z')
    });
    assert_eq!(
        answers.iter().find_map(Frame::sqlstate).as_deref(),
        Some("22P02")
    );
}

#[test]
fn notifications_come_without_being_asked_for() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let heard = |connect: &dyn Fn() -> RawClient| {
        let (mut listener, mut speaker) = (connect(), connect());
        log_in(&mut listener);
        log_in(&mut speaker);
        listener.ask("LISTEN news");
        speaker.ask("NOTIFY news, 'it works'");
        masked(&listener.frames_until(b'A'))
    };
    assert_eq!(heard(&|| stage.frank()), heard(&|| stage.direct()));
}

#[test]
fn a_client_that_vanishes_takes_its_session_along() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let mut client = stage.frank();
    let pid = log_in(&mut client);
    drop(client);
    let mut other = stage.frank();
    log_in(&mut other);
    let question = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
    until("the session is over", || other.value(&question) == "0");
}
