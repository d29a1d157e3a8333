use pgs_core::wire::{
    CancelRequest, FirstPacket, FirstPacketError, StartupFault, StartupMessage, client,
};

use crate::answer::has_tags;

/// A first packet is understood for what it says and nothing more: what was consumed is the packet, its parts are
/// parts of it, and a packet made of its parts means the same.
pub fn startup(data: &[u8]) {
    assert!(FirstPacket::needed(data) <= FirstPacket::MAX_LENGTH);
    match FirstPacket::parse(data) {
        Ok(None) => assert!(FirstPacket::needed(data) > data.len()),
        Ok(Some((packet, consumed))) => {
            assert!((8..=data.len().min(FirstPacket::MAX_LENGTH)).contains(&consumed));
            assert_eq!(consumed, FirstPacket::needed(data));
            understood(&packet, data, consumed);
        }
        Err(FirstPacketError::Framing(_)) => {}
        Err(FirstPacketError::Startup(fault)) => answered(&fault),
    }
}

/// A packet cut anywhere is asked more of, or refused as the whole one is; never understood differently.
pub fn startup_split(data: &[u8]) {
    let whole = gist(data);
    for cut in 0..data.len() {
        let head = data.split_at(cut).0;
        let part = gist(head);
        assert!(
            part == Gist::Incomplete || part == whole,
            "cut at {cut}: {part:?}, uncut: {whole:?}"
        );
    }
}

fn understood(packet: &FirstPacket<'_>, data: &[u8], consumed: usize) {
    let packet_bytes = data.split_at(consumed).0;
    match packet {
        FirstPacket::Startup(message) => {
            assert_eq!(message.packet(), packet_bytes);
            means_the_same_again(message);
            survives_another_user(message);
        }
        FirstPacket::Cancel(request) => cancels(request, packet_bytes),
        _ => {}
    }
}

fn means_the_same_again(message: &StartupMessage<'_>) {
    assert!((1..=63).contains(&message.user().len()) && message.database().len() <= 63);
    let mut again = Vec::new();
    client::startup(message.version(), message.params(), &mut again);
    with_startup(&again, |again| {
        assert_eq!(again.user(), message.user());
        assert_eq!(again.database(), message.database());
        assert_eq!(again.replication(), message.replication());
        assert_eq!(again.options(), message.options());
        assert!(again.params().eq(message.params()));
        assert!(again.protocol_options().eq(message.protocol_options()));
    });
    if let Some(negotiation) = message.negotiation() {
        let mut out = Vec::new();
        negotiation.encode(&mut out);
        assert!(has_tags(&out, b"v"));
    }
}

fn survives_another_user(message: &StartupMessage<'_>) {
    let Ok(rewritten) = message.with_user(b"other", b"shop") else {
        return;
    };
    with_startup(&rewritten, |other| {
        assert_eq!(other.user(), b"other");
        if message.names_database() {
            assert_eq!(other.database(), message.database());
        } else {
            assert_eq!(other.database(), b"shop");
        }
        assert_eq!(other.replication(), message.replication());
    });
}

fn with_startup(packet: &[u8], check: impl FnOnce(StartupMessage<'_>)) {
    let parsed = FirstPacket::parse(packet);
    let Ok(Some((FirstPacket::Startup(message), consumed))) = parsed else {
        unreachable!("{parsed:?}");
    };
    assert_eq!(consumed, packet.len());
    check(message);
}

fn cancels(request: &CancelRequest<'_>, packet: &[u8]) {
    assert_eq!(request.packet(), packet);
    assert!((13..=268).contains(&packet.len()));
    let mut again = Vec::new();
    client::cancel_request(request.pid(), packet.split_at(12).1, &mut again);
    assert_eq!(again, packet);
}

fn answered(fault: &StartupFault<'_>) {
    let mut out = Vec::new();
    fault.encode(&mut out);
    assert!(has_tags(&out, b"E") || has_tags(&out, b"vE"), "{fault:?}");
}

#[derive(Debug, PartialEq, Eq)]
enum Gist {
    Incomplete,
    Understood(String, usize),
    Refused(String),
}

fn gist(data: &[u8]) -> Gist {
    match FirstPacket::parse(data) {
        Ok(None) => Gist::Incomplete,
        Ok(Some((packet, consumed))) => Gist::Understood(format!("{packet:?}"), consumed),
        Err(error) => Gist::Refused(error.to_string()),
    }
}
