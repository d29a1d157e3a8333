//! First packets that no client should send.

use crate::{common::Stage, compare::must_end_in_order};
use std::iter;
use testkit::{
    RawClient,
    message::{CANCEL, SSL_REQUEST, V3_0, V3_2, V3_9999, cancel, startup, startup_with, untagged},
};

/// How the conversation comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The server closes, whatever the client does.
    Closes,
    /// The server waits for the client, which gives up.
    Waits,
}
use End::{Closes, Waits};

type Case = (String, Vec<u8>, End);

#[test]
fn packets_with_a_wrong_frame_are_closed_on_in_silence() {
    let stage = Stage::shared();
    for case in framing() {
        assert_eq!(answer(&stage, &case), b"", "{}", case.0);
    }
}

#[test]
fn packets_with_a_wrong_meaning_are_answered_as_postgresql_does() {
    let stage = Stage::shared();
    stage.tenant("acme");
    for case in meaning() {
        assert_ne!(answer(&stage, &case), b"", "{}", case.0);
    }
}

#[test]
fn what_is_no_postgresql_client_is_closed_on_in_silence() {
    let stage = Stage::shared();
    let mut strangers = strangers();
    strangers.push(("nothing at all".to_owned(), Vec::new(), Waits));
    for case in strangers {
        assert_eq!(answer(&stage, &case), b"", "{}", case.0);
    }
}

#[test]
fn a_startup_packet_may_arrive_in_any_two_pieces() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let packet = startup(V3_9999, "acme");
    let whole = asked(&mut stage.direct(), &[&packet]);
    assert_eq!(whole.first(), Some(&b'v'));
    for at in 1..packet.len() {
        let (head, tail) = packet.split_at(at);
        assert_eq!(
            asked(&mut stage.frank(), &[head, tail]),
            whole,
            "cut at {at}"
        );
    }
    let bytes: Vec<&[u8]> = packet.chunks(1).collect();
    assert_eq!(asked(&mut stage.frank(), &bytes), whole, "byte by byte");
}

/// The answer to these pieces by a server that then waits for a password.
fn asked(client: &mut RawClient, pieces: &[&[u8]]) -> Vec<u8> {
    for piece in pieces {
        client.send(piece);
    }
    let frames = client.frames_until(b'R');
    frames
        .iter()
        .flat_map(|frame| iter::once(frame.tag).chain(frame.body.clone()))
        .collect()
}

/// The one answer that both give.
fn answer(stage: &Stage, (name, bytes, end): &Case) -> Vec<u8> {
    let talk = |mut client: RawClient| {
        client.send(bytes);
        if *end == Waits {
            client.finish();
        }
        client.rest()
    };
    let (server, _) = talk(stage.direct());
    let (proxy, closing) = talk(stage.frank());
    assert_eq!(
        proxy.escape_ascii().to_string(),
        server.escape_ascii().to_string(),
        "{name}: left is the proxy, right the server"
    );
    must_end_in_order(name, &proxy, closing);
    proxy
}

fn framing() -> Vec<Case> {
    let length = |word: u32| {
        let bytes = [
            &word.to_be_bytes()[..],
            &V3_0.to_be_bytes(),
            b"user\0acme\0\0",
        ]
        .concat();
        (format!("length {word}"), bytes, Closes)
    };
    let cancel_key = |size: usize| {
        let name = format!("a cancel request with a key of {size} bytes");
        (name, cancel(1, &vec![7; size]), Closes)
    };
    let packet = startup(V3_0, "acme");
    let cut = |at: usize| {
        let name = format!("a startup packet that ends after {at} bytes");
        (name, packet[..at].to_vec(), Waits)
    };
    let mut cases: Vec<Case> = [0, 1, 2, 3, 4, 5, 6, 7, 10_005, 10_006, 65_536, 0x7fff_ffff]
        .into_iter()
        .chain([0x8000_0000, 0xffff_ffff, 0xffff_fff8])
        .map(length)
        .collect();
    cases.extend([0, 1, 4, 5, 31, 32, 33, 255, 256, 257, 1000].map(cancel_key));
    cases.extend((1..packet.len()).map(cut));
    cases.push((
        "a cancel request without a process".into(),
        untagged(CANCEL, b""),
        Closes,
    ));
    cases.push((
        "half a cancel request".into(),
        untagged(CANCEL, b"\0\0"),
        Closes,
    ));
    cases
}

fn meaning() -> Vec<Case> {
    let mut cases = layouts();
    cases.extend(users());
    cases.extend(replications());
    cases.extend(versions());
    cases
}

fn layouts() -> Vec<Case> {
    let body = |name: &str, body: &[u8], end| (name.to_owned(), untagged(V3_0, body), end);
    let filled = |size: usize| {
        let mut body = b"user\0acme\0application_name\0".to_vec();
        body.resize(size - 2 - 8, b'x');
        body.extend(b"\0\0");
        (
            format!("a packet of {size} bytes"),
            untagged(V3_0, &body),
            Waits,
        )
    };
    vec![
        body("no body", b"", Closes),
        body("only a terminator", b"\0", Closes),
        body("no terminator", b"user\0acme\0", Closes),
        body("an unterminated value", b"user\0acme", Closes),
        body("an unterminated name", b"user", Closes),
        body("a name without a value", b"user\0acme\0database\0", Closes),
        body("a byte behind the terminator", b"user\0acme\0\0x", Closes),
        body("another terminator", b"user\0acme\0\0\0", Closes),
        body(
            "a parameter behind the terminator",
            b"user\0acme\0\0user\0beta\0\0",
            Closes,
        ),
        body("two terminators at once", b"\0\0", Closes),
        body(
            "an empty name is the terminator",
            b"\0acme\0user\0acme\0\0",
            Closes,
        ),
        (
            "10004 bytes without an end".to_owned(),
            untagged(V3_0, &[b'x'; 9996]),
            Closes,
        ),
        filled(100),
        filled(10_003),
        filled(10_004),
    ]
}

fn users() -> Vec<Case> {
    let with = |name: &str, parameters: &[(&str, &str)], end| {
        (name.to_owned(), startup_with(V3_0, parameters), end)
    };
    vec![
        with("an empty user", &[("user", "")], Closes),
        with("no user but a database", &[("database", "acme")], Closes),
        with("another case of `user`", &[("USER", "acme")], Closes),
        with(
            "the last user is empty",
            &[("user", "acme"), ("user", "")],
            Closes,
        ),
        with(
            "the last user counts",
            &[("user", "nobody"), ("user", "acme")],
            Waits,
        ),
        with(
            "the first user is empty",
            &[("user", ""), ("user", "acme")],
            Waits,
        ),
        with(
            "`User` is a setting",
            &[("User", "x"), ("user", "acme")],
            Waits,
        ),
        with(
            "a value that looks like a name",
            &[("database", "user"), ("user", "acme")],
            Waits,
        ),
        with(
            "an empty value",
            &[("user", "acme"), ("options", "")],
            Waits,
        ),
        (
            "values that are no UTF-8".to_owned(),
            untagged(V3_0, b"user\0acme\0application_name\0\xff\xfe\0\0"),
            Waits,
        ),
        (
            "names that are no UTF-8".to_owned(),
            untagged(V3_0, b"user\0acme\0\xff\xfe\0x\0\0"),
            Waits,
        ),
    ]
}

fn replications() -> Vec<Case> {
    let value = |value: &str, end| {
        let packet = startup_with(V3_0, &[("user", "acme"), ("replication", value)]);
        (format!("replication `{value}`"), packet, end)
    };
    let refused = [
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
    let ordinary = [
        "false", "f", "off", "of", "no", "0", "FALSE", "Off", "n", "database",
    ];
    let mut cases: Vec<Case> = refused.map(|word| value(word, Closes)).into();
    cases.extend(ordinary.map(|word| value(word, Waits)));
    cases.push((
        "replication is looked at before the layout".to_owned(),
        untagged(V3_0, b"replication\0maybe\0user\0acme\0"),
        Closes,
    ));
    cases.push((
        "replication is looked at before the user".to_owned(),
        startup_with(V3_9999, &[("replication", "maybe")]),
        Closes,
    ));
    cases.push((
        "the last replication counts".to_owned(),
        startup_with(
            V3_0,
            &[
                ("user", "acme"),
                ("replication", "true"),
                ("replication", "off"),
            ],
        ),
        Waits,
    ));
    cases
}

fn versions() -> Vec<Case> {
    let version = |major: u32, minor: u32, end| {
        let packet = startup(major << 16 | minor, "acme");
        (format!("protocol {major}.{minor}"), packet, end)
    };
    let mut cases: Vec<Case> = [
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
    ]
    .map(|(major, minor)| version(major, minor, Closes))
    .into();
    cases.extend([0, 1, 2, 3, 9999, 0xffff].map(|minor| version(3, minor, Waits)));
    cases.extend([1, 2, 4].map(|major| {
        let name = format!("protocol {major}.0 without a body");
        (name, untagged(major << 16, b""), Closes)
    }));
    let option = |name: &str, version, parameters: &[(&str, &str)], end| {
        (name.to_owned(), startup_with(version, parameters), end)
    };
    cases.extend([
        option(
            "an option on 3.0",
            V3_0,
            &[("user", "acme"), ("_pq_.x", "1")],
            Waits,
        ),
        option(
            "an option on 3.2",
            V3_2,
            &[("_pq_.x", ""), ("user", "acme")],
            Waits,
        ),
        option(
            "three options on 3.9999",
            V3_9999,
            &[
                ("_pq_.a", "1"),
                ("user", "acme"),
                ("_pq_.b", "2"),
                ("_pq_.a", "3"),
            ],
            Waits,
        ),
        option(
            "nothing but the prefix",
            V3_0,
            &[("user", "acme"), ("_pq_.", "1")],
            Waits,
        ),
        option(
            "almost the prefix",
            V3_0,
            &[("user", "acme"), ("_pq_", "1")],
            Waits,
        ),
        option(
            "another case of the prefix",
            V3_0,
            &[("user", "acme"), ("_PQ_.x", "1")],
            Waits,
        ),
        option("an option and no user", V3_0, &[("_pq_.x", "1")], Closes),
        option("a newer version and no user", V3_9999, &[], Closes),
    ]);
    cases
}

fn strangers() -> Vec<Case> {
    let stranger = |name: &str, bytes: &[u8], end| (name.to_owned(), bytes.to_vec(), end);
    let hello = b"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03";
    vec![
        stranger("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", Closes),
        stranger("TLS", &[&hello[..], &[0; 41]].concat(), Closes),
        stranger("the first byte of TLS", b"\x16", Closes),
        stranger("SSH", b"SSH-2.0-OpenSSH_9.2\r\n", Closes),
        stranger(
            "a PROXY header",
            b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n",
            Closes,
        ),
        stranger(
            "a PROXY header, version 2",
            b"\r\n\r\n\0\r\nQUIT\n\x20\x11\0\x0c",
            Closes,
        ),
        stranger("a query", b"Q\0\0\0\x0dSELECT 1\0", Closes),
        stranger("half a length", b"\0\0", Waits),
        stranger("half a request for TLS", &SSL_REQUEST[..6], Waits),
    ]
}
