//! What is no client of PostgreSQL, and is closed on in silence.

use crate::{
    conformance::{Case, Section::Transport},
    message::SSL_REQUEST,
};

pub(super) fn cases() -> Vec<Case> {
    let hello = [
        &b"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03"[..],
        &[0; 41],
    ]
    .concat();
    let closed_on = |name, bytes: &[u8]| Case::closed_on(Transport, name, bytes.to_vec());
    let left = |name, bytes: &[u8]| Case::left_by_the_client(Transport, name, bytes.to_vec());
    vec![
        closed_on("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        closed_on("TLS", &hello),
        left("the first byte of TLS", b"\x16"),
        closed_on("SSH", b"SSH-2.0-OpenSSH_9.2\r\n"),
        closed_on("a PROXY header", b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n"),
        closed_on(
            "a PROXY header, version 2",
            b"\r\n\r\n\0\r\nQUIT\n\x20\x11\0\x0c",
        ),
        closed_on(
            "a query instead of a startup packet",
            b"Q\0\0\0\x0dSELECT 1\0",
        ),
        left("nothing at all", b""),
        left("half a length", b"\0\0"),
        left("half a request for TLS", &SSL_REQUEST[..6]),
    ]
}
