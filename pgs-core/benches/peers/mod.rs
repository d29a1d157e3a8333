//! The same work done by other crates, as far as they do it.
//!
//! `pgwire` parses what a client sends and encodes what a server says; `postgres-protocol` is a client's half: it parses
//! what a server says and encodes what a client sends. Both parse by taking the bytes out of a buffer of their own, so
//! that filling the buffer is part of each run.

use std::hint::black_box;

use bytes::BytesMut;
use pgwire::messages::{
    DecodeContext, Message, cancel::CancelRequest, response::ErrorResponse, startup::Startup,
};
use postgres_protocol::message::{backend, frontend};

use crate::cases::{Meter, WRONG_PASSWORD, packets};

/// What the peers do of it.
pub(crate) fn all(meter: &mut impl Meter) {
    parse(meter);
    sniff(meter);
    say_no(meter);
    encode(meter);
}

fn parse(meter: &mut impl Meter) {
    for (what, packet) in [
        ("libpq's startup packet", packets::libpq()),
        ("a startup packet of 40 parameters", packets::crowded()),
    ] {
        pgwire_parses::<Startup>(meter, what, &packet);
    }
    pgwire_parses::<CancelRequest>(meter, "a CancelRequest", &packets::cancel_request());
}

fn pgwire_parses<M: Message>(meter: &mut impl Meter, what: &str, packet: &[u8]) {
    let mut buffer = BytesMut::with_capacity(ROOM);
    let context = DecodeContext::default();
    meter.case(&format!("pgwire: parse {what}"), || {
        fill(&mut buffer, packet);
        M::decode(&mut buffer, &context).ok().flatten()
    });
}

fn sniff(meter: &mut impl Meter) {
    let reads = packets::login();
    let mut buffer = BytesMut::with_capacity(ROOM);
    meter.case("postgres-protocol: parse a login with SCRAM", || {
        let mut key = None;
        for read in &reads {
            fill(&mut buffer, read);
            while let Some(message) = backend::Message::parse(&mut buffer).ok()? {
                if let backend::Message::BackendKeyData(body) = message {
                    key = Some((body.process_id(), body.secret_key()));
                }
            }
        }
        key
    });
}

fn say_no(meter: &mut impl Meter) {
    meter.case("pgwire: encode a refusal", || {
        let fields = [
            (b'S', "FATAL"),
            (b'V', "FATAL"),
            (b'C', "28P01"),
            (b'M', WRONG_PASSWORD),
            (b'F', "auth.c"),
            (b'L', "317"),
            (b'R', "auth_failed"),
        ];
        let fields = fields.map(|(tag, value)| (tag, value.to_owned()));
        let mut out = BytesMut::new();
        ErrorResponse::new(fields.into()).encode(&mut out).ok()?;
        Some(out)
    });
}

fn encode(meter: &mut impl Meter) {
    meter.case("postgres-protocol: encode libpq's startup packet", || {
        let mut out = BytesMut::new();
        frontend::startup_message(black_box(packets::PSQL), &mut out).ok()?;
        Some(out)
    });
}

fn fill(buffer: &mut BytesMut, bytes: &[u8]) {
    buffer.clear();
    buffer.extend_from_slice(black_box(bytes));
}

/// For any of the packets.
const ROOM: usize = 16 * 1024;
