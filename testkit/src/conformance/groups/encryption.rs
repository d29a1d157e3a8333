//! Requests for an encryption that neither side has.

use crate::{
    conformance::{Case, Section::Negotiation, world::ACME},
    message::{GSSENC_REQUEST as GSS, SSL_REQUEST as SSL, V3_0, cancel, startup, untagged},
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = refused();
    cases.extend(stuffed());
    // Inside TLS such a request is no request any more.
    cases.push(
        Case::new(Negotiation, "a login behind both refusals", |talk| {
            for request in [GSS, SSL] {
                talk.send(request);
                talk.bytes(1);
            }
            talk.log_in(V3_0, ACME);
            talk.ask("SELECT current_user");
            talk.finish();
        })
        .in_the_clear(),
    );
    cases
}

/// What the case is called, the requests that are refused, and what comes behind them.
type Refused = (&'static str, &'static [&'static [u8]], Vec<u8>);

/// Each is refused once and in any order; a second one is taken for a startup packet.
fn refused() -> Vec<Case> {
    let acme = || startup(V3_0, ACME);
    let requests: [Refused; 16] = [
        ("a startup packet behind a request for TLS", &[SSL], acme()),
        (
            "a startup packet behind a request for GSSAPI",
            &[GSS],
            acme(),
        ),
        ("a startup packet behind both requests", &[SSL, GSS], acme()),
        (
            "a startup packet behind both requests, libpq's way",
            &[GSS, SSL],
            acme(),
        ),
        ("two requests for TLS", &[SSL], SSL.into()),
        ("two requests for GSSAPI", &[GSS], GSS.into()),
        ("TLS, GSSAPI, TLS", &[SSL, GSS], SSL.into()),
        ("GSSAPI, TLS, GSSAPI", &[GSS, SSL], GSS.into()),
        ("nothing behind a request for TLS", &[SSL], Vec::new()),
        ("TLS behind its refusal", &[SSL], b"\x16\x03\x01".into()),
        (
            "HTTP behind a request for TLS",
            &[SSL],
            b"GET / HTTP/1.1\r\n\r\n".into(),
        ),
        (
            "a cancel request behind one for TLS",
            &[SSL],
            cancel(1, b"none"),
        ),
        (
            "a cancel request behind one for GSSAPI",
            &[GSS],
            cancel(1, b"none"),
        ),
        (
            "a startup packet behind a long request for TLS",
            &[LONG_SSL],
            acme(),
        ),
        (
            "an empty user behind a request for TLS",
            &[SSL],
            b"\0\0\0\x09\0\x03\0\0\0".into(),
        ),
        (
            "protocol 2 behind a request for TLS",
            &[SSL],
            b"\0\0\0\x08\0\x02\0\0".into(),
        ),
    ];
    let case = |(name, requests, last): Refused| {
        let requests = requests.to_vec();
        Case::new(Negotiation, name, move |talk| {
            for request in &requests {
                talk.send(request);
                talk.bytes(1);
            }
            talk.send(&last);
            talk.finish();
        })
    };
    requests.map(case).into()
}

/// Bytes behind a request are taken for an attack.
fn stuffed() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, request) in [("TLS", SSL), ("GSSAPI", GSS)] {
        for (what, behind) in [
            ("a byte", b"x".to_vec()),
            ("a startup packet", startup(V3_0, ACME)),
            ("a request for TLS", SSL.into()),
            ("a request for GSSAPI", GSS.into()),
            ("half a TLS record", b"\x16\x03\x01\0\x05".into()),
            ("a cancel request", cancel(1, b"none")),
            ("another length of it", untagged(80_877_103, b"long")),
        ] {
            let (name, bytes) = (
                format!("{what} in one piece with a request for {kind}"),
                [request, &behind].concat(),
            );
            cases.push(Case::closed_on(Negotiation, name.clone(), bytes.clone()));
            cases.push(Case::left_by_the_client(
                Negotiation,
                format!("{name}, and the client gives up"),
                bytes,
            ));
        }
    }
    cases
}

/// The length of a request is nobody's business.
const LONG_SSL: &[u8] = b"\0\0\0\x0c\x04\xD2\x16\x2Flong";
