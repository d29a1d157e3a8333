//! Requests for an encryption that neither side has.

use crate::{
    common::{Stage, password},
    compare::{must_end_in_order, same},
};
use testkit::{
    RawClient,
    message::{GSSENC_REQUEST as GSS, SSL_REQUEST as SSL, V3_0, cancel, startup, untagged},
};

/// Each piece is sent when the request before it is answered with a byte.
fn conversation(client: &mut RawClient, pieces: &[&[u8]]) -> (String, String) {
    let mut answers = Vec::new();
    let (last, requests) = pieces.split_last().unwrap();
    for request in requests {
        client.send(request);
        answers.extend(client.bytes(1));
    }
    client.send(last);
    client.finish();
    let (rest, _) = client.rest();
    (
        answers.escape_ascii().to_string(),
        rest.escape_ascii().to_string(),
    )
}

#[test]
fn requests_are_refused_each_once_and_in_any_order() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let acme = startup(V3_0, "acme");
    let long_ssl = untagged(80_877_103, b"long");
    let cancel = cancel(1, b"none");
    let cases: [&[&[u8]]; 16] = [
        &[SSL, &acme],
        &[GSS, &acme],
        &[SSL, GSS, &acme],
        &[GSS, SSL, &acme],
        &[SSL, SSL],
        &[GSS, GSS],
        &[SSL, GSS, SSL],
        &[GSS, SSL, GSS],
        &[SSL, b""],
        &[SSL, b"\x16\x03\x01"],
        &[SSL, b"GET / HTTP/1.1\r\n\r\n"],
        &[SSL, &cancel],
        &[GSS, &cancel],
        &[&long_ssl, &acme],
        &[SSL, b"\0\0\0\x09\0\x03\0\0\0"],
        &[SSL, b"\0\0\0\x08\0\x02\0\0"],
    ];
    for pieces in cases {
        let case = format!(
            "{:?}",
            pieces
                .iter()
                .map(|piece| piece.escape_ascii().to_string())
                .collect::<Vec<_>>()
        );
        let (answers, _) = same(&case, &stage, |client| conversation(client, pieces));
        assert_eq!(answers, "N".repeat(pieces.len() - 1), "{case}");
    }
}

#[test]
fn bytes_behind_a_request_are_taken_for_an_attack() {
    let stage = Stage::shared();
    let acme = startup(V3_0, "acme");
    let behind: [&[u8]; 5] = [b"x", &acme, SSL, GSS, b"\x16\x03\x01\0\x05"];
    for request in [SSL, GSS] {
        for bytes in behind {
            let case = format!("{} behind a request", bytes.escape_ascii());
            let stuffed = [request, bytes].concat();
            let (_, rest) = same(&case, &stage, |client| conversation(client, &[&stuffed]));
            assert!(
                rest.starts_with("NE") && rest.contains("C08P01"),
                "{case}: {rest}"
            );
            let mut client = stage.frank();
            client.send(&stuffed);
            let (bytes, closing) = client.rest();
            must_end_in_order(&case, &bytes, closing);
        }
    }
}

#[test]
fn a_login_works_behind_both_refusals() {
    let stage = Stage::shared();
    stage.tenant("acme");
    let mut client = stage.frank();
    for request in [GSS, SSL] {
        client.send(request);
        assert_eq!(client.bytes(1), b"N");
    }
    client.log_in("acme", &password("acme"));
    assert_eq!(client.value("SELECT current_user"), "acme");
}
