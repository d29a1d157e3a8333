//! What of pgs-core is measured: by the clock, in instructions, and in allocations.
//!
//! Each way to measure is a [`Meter`] that is handed the same cases.

pub(crate) mod packets;

use std::hint::black_box;

use pgs_core::{
    handshake::{Action, Handshake, TlsOffer, refuse},
    routing::{RouteRequest, RoutingKeys},
    wire::{ErrorResponse, ErrorSource, FirstPacket, KeySniffer, StartupMessage, sqlstate},
};

/// A way to measure.
pub(crate) trait Meter {
    /// Runs one case as often as it likes. A run that gives none has not done what its name says.
    fn case<T>(&mut self, name: &str, run: impl FnMut() -> Option<T>);
}

/// Every case of this crate's own.
pub(crate) fn all(meter: &mut impl Meter) {
    parse(meter);
    route(meter);
    shake_hands(meter);
    sniff(meter);
    say_no(meter);
}

fn parse(meter: &mut impl Meter) {
    for (what, packet) in [
        ("libpq's startup packet", packets::libpq()),
        ("a startup packet of 40 parameters", packets::crowded()),
        ("an SSLRequest", packets::ssl_request()),
        ("a CancelRequest", packets::cancel_request()),
    ] {
        meter.case(&format!("parse {what}"), || first(&packet));
    }
}

fn route(meter: &mut impl Meter) {
    let role_and_tenant = RoutingKeys {
        role_and_tenant: true,
        ..RoutingKeys::NONE
    };
    for (what, packet, keys) in [
        ("the user name", packets::libpq(), RoutingKeys::USER_NAME),
        ("role.tenant", packets::role_and_tenant(), &role_and_tenant),
    ] {
        let startup = startup(&packet);
        meter.case(&format!("name the tenant by {what}"), || {
            named(black_box(&startup?), keys)
        });
    }
}

fn shake_hands(meter: &mut impl Meter) {
    let ssl_request = packets::ssl_request();
    let packet = packets::libpq();
    meter.case(
        "handshake, from the first byte to the tenant's name",
        || shaken(&[&packet]),
    );
    meter.case("handshake, TLS asked for and refused before", || {
        shaken(&[&ssl_request, &packet])
    });
}

fn sniff(meter: &mut impl Meter) {
    let reads = packets::login();
    meter.case("read along a login with SCRAM", || {
        let mut sniffer = KeySniffer::new();
        for read in &reads {
            sniffer.feed(black_box(read));
        }
        sniffer.is_done().then(|| sniffer.take_key()).flatten()
    });
}

fn say_no(meter: &mut impl Meter) {
    let packet = packets::libpq();
    let startup = startup(&packet);
    meter.case("encode a refusal", || {
        let error = ErrorResponse::fatal(sqlstate::INVALID_PASSWORD, WRONG_PASSWORD)
            .with_source(ErrorSource::known("auth.c", "317", "auth_failed"));
        Some(refuse(black_box(&startup?), &error))
    });
}

fn first(packet: &[u8]) -> Option<FirstPacket<'_>> {
    let (first, length) = FirstPacket::parse(black_box(packet)).ok()??;
    (length == packet.len()).then_some(first)
}

fn startup(packet: &[u8]) -> Option<StartupMessage<'_>> {
    match first(packet)? {
        FirstPacket::Startup(startup) => Some(startup),
        _ => None,
    }
}

/// What a client hears that may not know more.
pub(crate) const WRONG_PASSWORD: &str = "password authentication failed for user \"acme\"";

/// How long the names are of the tenant, of the role and of the database that its server is asked for.
fn named(startup: &StartupMessage<'_>, keys: &RoutingKeys) -> Option<[usize; 3]> {
    let request = RouteRequest::of(startup, None, keys);
    let tenant = request.tenant().ok()?;
    Some([
        tenant.len(),
        request.role().len(),
        request.server_database().len(),
    ])
}

fn shaken(reads: &[&[u8]]) -> Option<[usize; 3]> {
    let mut handshake = Handshake::new(TlsOffer::Withheld);
    for read in reads {
        match handshake.advance(black_box(read)).action {
            Action::Reply(b"N") => {}
            Action::Route(startup) => return named(&startup, RoutingKeys::USER_NAME),
            _ => return None,
        }
    }
    None
}
