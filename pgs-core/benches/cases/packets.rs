//! The bytes that are measured with.

use pgs_core::wire::{ProtocolVersion, authentication, client};

/// The parameters that psql 18 sends.
pub(crate) const PSQL: [(&str, &str); 4] = [
    ("user", "acme"),
    ("database", "shop"),
    ("application_name", "psql"),
    ("client_encoding", "UTF8"),
];

pub(crate) fn libpq() -> Vec<u8> {
    startup(PSQL)
}

pub(crate) fn role_and_tenant() -> Vec<u8> {
    let [_, others @ ..] = PSQL;
    startup([("user", "app.acme")].into_iter().chain(others))
}

/// The four of psql, and 36 settings.
pub(crate) fn crowded() -> Vec<u8> {
    let names: Vec<_> = (0..36)
        .map(|number| format!("app.setting_{number:02}"))
        .collect();
    let settings = names.iter().map(|name| (name.as_str(), "some value"));
    startup(PSQL.into_iter().chain(settings))
}

pub(crate) fn ssl_request() -> Vec<u8> {
    let mut packet = Vec::new();
    client::ssl_request(&mut packet);
    packet
}

pub(crate) fn cancel_request() -> Vec<u8> {
    let mut packet = Vec::new();
    client::cancel_request(PID, KEY, &mut packet);
    packet
}

/// What PostgreSQL 18 says until a session is ready, in the three reads it comes in; the proofs are made up.
pub(crate) fn login() -> [Vec<u8>; 3] {
    let (mut asked, mut challenged) = (Vec::new(), Vec::new());
    authentication::sasl(&["SCRAM-SHA-256"], &mut asked);
    authentication::sasl_continue(CHALLENGE, &mut challenged);
    [asked, challenged, welcome()]
}

fn welcome() -> Vec<u8> {
    let mut read = message(b'R', &[&AUTH_REQ_SASL_FINAL.to_be_bytes(), SIGNATURE]);
    read.extend(message(b'R', &[&AUTH_REQ_OK.to_be_bytes()]));
    for (name, value) in SETTINGS {
        read.extend(message(
            b'S',
            &[name.as_bytes(), b"\0", value.as_bytes(), b"\0"],
        ));
    }
    read.extend(message(b'K', &[&PID.to_be_bytes(), KEY]));
    read.extend(message(b'Z', &[b"I"]));
    read
}

fn startup<'a>(params: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let params = params.into_iter();
    let params = params.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let mut packet = Vec::new();
    client::startup(ProtocolVersion::V3_0, params, &mut packet);
    packet
}

fn message(tag: u8, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let length = u32::try_from(body.len() + size_of::<u32>()).unwrap_or(u32::MAX);
    [&[tag][..], &length.to_be_bytes(), &body].concat()
}

const PID: u32 = 4242;
/// As long as in protocol 3.0.
const KEY: &[u8] = b"abcd";
/// Source of both: `src/include/libpq/protocol.h`.
const AUTH_REQ_OK: u32 = 0;
const AUTH_REQ_SASL_FINAL: u32 = 12;
const CHALLENGE: &[u8] =
    b"r=rOprNGfwEbeRWgbNEkqOrOprNGfwEbeRWgbNEkqOAAAA,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const SIGNATURE: &[u8] = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

/// What 18.6 reports to a client of psql's.
const SETTINGS: [(&str, &str); 15] = [
    ("in_hot_standby", "off"),
    ("integer_datetimes", "on"),
    ("TimeZone", "Etc/UTC"),
    ("IntervalStyle", "postgres"),
    ("search_path", "\"$user\", public"),
    ("is_superuser", "off"),
    ("application_name", "psql"),
    ("default_transaction_read_only", "off"),
    ("scram_iterations", "4096"),
    ("DateStyle", "ISO, MDY"),
    ("standard_conforming_strings", "on"),
    ("session_authorization", "acme"),
    ("client_encoding", "UTF8"),
    ("server_version", "18.6"),
    ("server_encoding", "UTF8"),
];
