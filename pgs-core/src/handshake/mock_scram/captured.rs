//! Every line of `testdata/` is a message and what PostgreSQL 18.6 answered, its fields joined by `|`.

use super::{MockAction, MockScram, MockSecret};
use crate::wire::client;

const FIRST: &[u8] = b"n,,n=,r=abcdef";
const NONCE: [u8; 18] = [9; 18];
const FULL_NONCE: &str = "abcdefCQkJCQkJCQkJCQkJCQkJCQkJ";

#[test]
fn raw_messages_are_answered_as_by_postgresql() {
    each_line(include_str!("testdata/raw.txt"), <[u8]>::to_vec);
}

#[test]
fn first_messages_are_answered_as_by_postgresql() {
    each_line(include_str!("testdata/client_first.txt"), initial);
}

#[test]
fn final_messages_are_answered_as_by_postgresql() {
    each_line(include_str!("testdata/client_final.txt"), |message| {
        let mut out = initial(FIRST);
        client::sasl_response(message, &mut out);
        out
    });
}

fn initial(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    client::sasl_initial_response("SCRAM-SHA-256", Some(message), &mut out);
    out
}

fn each_line(captured: &str, sent: impl Fn(&[u8]) -> Vec<u8>) {
    for line in captured.lines() {
        let (message, answer) = line.split_once('\t').unwrap();
        let message = unescape(&message.replace("{nonce}", FULL_NONCE));
        let sent = sent(&message);
        for cut in 0..=sent.len() {
            let (head, tail) = sent.split_at(cut);
            assert_eq!(answer_to([head, tail]), answer, "cut at {cut}: {line}");
        }
    }
}

/// The last thing the exchange says to bytes that come in two pieces.
fn answer_to(pieces: [&[u8]; 2]) -> String {
    let mut exchange = MockScram::new(b"nobody", &MockSecret::new([7; 32]), NONCE);
    let mut buf = Vec::new();
    let mut said = "(waits)";
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            let step = exchange.advance(&buf);
            buf.drain(..step.consumed);
            match step.action {
                MockAction::NeedMore(_) => break,
                MockAction::Reply(_) => said = "(goes on)",
                MockAction::Reject(bytes) => return fields(&bytes),
                MockAction::Close => return "(closes)".to_owned(),
            }
        }
    }
    said.to_owned()
}

fn fields(error: &[u8]) -> String {
    let fields = error.get(5..).and_then(|rest| rest.strip_suffix(b"\0\0"));
    fields
        .unwrap()
        .escape_ascii()
        .to_string()
        .replace("\\x00", "|")
}

/// Undoes `escape_ascii`.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        out.push(match (byte, byte == b'\\') {
            (byte, false) => byte,
            (_, true) => match rest.next().unwrap() {
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                quoted => quoted,
            },
        });
    }
    out
}
