//! Properties of the wire and the handshake over generated conversations.
#![expect(clippy::unwrap_used, reason = "a test says no by panicking")]

use pgs_core::handshake::mock_scram::{MockAction, MockScram, MockSecret};
use pgs_core::handshake::{Action, Handshake, TlsOffer};
use pgs_core::wire::{
    BackendKey, FirstPacket, KeySniffer, OptionArgs, ProtocolVersion, StartupMessage, client,
    setting_in,
};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_startup_packet_says_what_was_encoded(
        user in name(), others in params(), minor in any::<u16>(), tail in vec(any::<u8>(), 0..64),
    ) {
        let packet = startup(minor, &user, &others);
        let bytes = [packet.as_slice(), &tail].concat();
        let (message, consumed) = parsed(&bytes);
        prop_assert_eq!(bytes.split_at(consumed), (packet.as_slice(), tail.as_slice()));
        prop_assert_eq!(message.packet(), packet.as_slice());
        prop_assert_eq!(message.version(), ProtocolVersion::new(3, minor));
        prop_assert_eq!(message.user(), user.get(..63).unwrap_or(&user));
        prop_assert!(message.params().skip(1).map(owned).eq(others));
    }

    #[test]
    fn a_startup_packet_is_incomplete_until_its_last_byte(user in name(), others in params()) {
        let packet = startup(0, &user, &others);
        for cut in 0..packet.len() {
            let head = packet.split_at(cut).0;
            prop_assert!(matches!(FirstPacket::parse(head), Ok(None)));
            prop_assert!(FirstPacket::needed(head) > cut);
        }
    }

    #[test]
    fn another_user_changes_nothing_else(user in name(), others in params(), other in name()) {
        let packet = startup(2, &user, &others);
        let (message, _) = parsed(&packet);
        let rewritten = message.with_user(&other, b"shop").unwrap();
        let (again, _) = parsed(&rewritten);
        prop_assert_eq!(again.user(), other.get(..63).unwrap_or(&other));
        prop_assert!(again.params().skip(1).take(others.len()).map(owned).eq(others));
        let want = if message.names_database() { message.database() } else { b"shop" };
        prop_assert_eq!(again.database(), want);
    }

    #[test]
    fn options_are_split_where_they_were_joined(args in vec(vec(1..=u8::MAX, 1..20), 0..8)) {
        let escape = |arg: &Vec<u8>| arg.iter().flat_map(|byte| [b'\\', *byte]).collect::<Vec<_>>();
        let joined = args.iter().map(escape).collect::<Vec<_>>().join(&b' ');
        let split: Vec<Vec<u8>> = OptionArgs::new(&joined).map(Into::into).collect();
        prop_assert_eq!(split, args);
    }

    #[test]
    fn what_is_behind_a_setting_overrules_it_or_leaves_it(options in vec(any::<u8>(), 0..200), tenant in "[a-z]{1,20}") {
        let before = [format!("-c pgs.tenant={tenant} ").as_bytes(), &options].concat();
        let first = setting_in(&before, b"pgs.tenant");
        prop_assert_eq!(first, setting_in(&options, b"pgs.tenant").or(Some(tenant.into_bytes())));
    }

    #[test]
    fn a_cancel_request_uses_the_key_it_was_made_of(pid in any::<u32>(), key in vec(any::<u8>(), 4..=256)) {
        let key = BackendKey::new(pid, &key).unwrap();
        let mut packet = Vec::new();
        key.encode_cancel_request(&mut packet);
        let Ok(Some((FirstPacket::Cancel(request), consumed))) = FirstPacket::parse(&packet) else {
            return Err(TestCaseError::fail("not a cancel request"));
        };
        prop_assert!(key.permits(&request) && consumed == packet.len());
    }

    #[test]
    fn a_client_that_waits_gets_to_its_session_however_its_bytes_are_cut(
        asks in prop_oneof![Just("") , Just("s"), Just("g"), Just("sg"), Just("gs")],
        user in name(), sizes in vec(1..40_usize, 1..40),
    ) {
        let packets = conversation(asks, &user);
        let mut handshake = Handshake::new(TlsOffer::Withheld);
        for (index, packet) in packets.iter().enumerate() {
            let last = index == packets.len() - 1;
            prop_assert!(answers_only_when_whole(&mut handshake, packet, &sizes, last));
        }
    }

    #[test]
    fn a_key_is_found_however_the_servers_bytes_are_cut(
        key in vec(any::<u8>(), 4..=256), notice in vec(any::<u8>(), 0..200), sizes in vec(1..40_usize, 1..40),
    ) {
        let bytes = login(&key, &notice);
        let mut sniffer = KeySniffer::new();
        let mut found = None;
        for piece in pieces(&bytes, &sizes) {
            prop_assert!(!sniffer.is_done());
            sniffer.feed(piece);
            found = found.or(sniffer.take_key());
        }
        prop_assert_eq!(found, BackendKey::new(42, &key));
        prop_assert!(sniffer.is_done() && sniffer.is_authenticated());
    }

    #[test]
    fn nobody_gets_in_through_the_mock(bytes in vec(any::<u8>(), 0..300), nonce in "[!-+--~]{0,40}") {
        let mut exchange = MockScram::new(b"nobody", &MockSecret::new([7; 32]), [1; 18]);
        let mut buf = Vec::new();
        client::sasl_initial_response("SCRAM-SHA-256", Some(format!("n,,n=,r={nonce}").as_bytes()), &mut buf);
        let step = exchange.advance(&buf);
        prop_assert_eq!(step.consumed, buf.len());
        let challenge = format!("r={nonce}{},s=", "AQEB".repeat(6));
        prop_assert!(matches!(step.action, MockAction::Reply(said) if said.get(9..).unwrap().starts_with(challenge.as_bytes())));
        let mut last = Vec::new();
        client::sasl_response(&bytes, &mut last);
        prop_assert!(matches!(exchange.advance(&last).action, MockAction::Reject(_)));
        prop_assert_eq!(exchange.advance(b"").action, MockAction::Close);
    }
}

type Pair = (Vec<u8>, Vec<u8>);

fn name() -> impl Strategy<Value = Vec<u8>> {
    vec(1..=u8::MAX, 1..80)
}

/// Parameters that are neither a user nor a replication, so that the packet is one PostgreSQL takes.
fn params() -> impl Strategy<Value = Vec<Pair>> {
    let name = prop_oneof![
        Just(b"database".to_vec()),
        Just(b"options".to_vec()),
        Just(b"_pq_.x".to_vec()),
        name().prop_filter("is special", |name| {
            !name.starts_with(b"user") && !name.starts_with(b"replication")
        }),
    ];
    vec((name, vec(1..=u8::MAX, 0..40)), 0..8)
}

fn startup(minor: u16, user: &[u8], others: &[Pair]) -> Vec<u8> {
    let others = others
        .iter()
        .map(|(name, value)| (name.as_slice(), value.as_slice()));
    let mut packet = Vec::new();
    client::startup(
        ProtocolVersion::new(3, minor),
        [(&b"user"[..], user)].into_iter().chain(others),
        &mut packet,
    );
    packet
}

fn parsed(bytes: &[u8]) -> (StartupMessage<'_>, usize) {
    match FirstPacket::parse(bytes) {
        Ok(Some((FirstPacket::Startup(message), consumed))) => (message, consumed),
        other => unreachable!("{other:?}"),
    }
}

fn owned((name, value): (&[u8], &[u8])) -> Pair {
    (name.to_vec(), value.to_vec())
}

fn conversation(asks: &str, user: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    for ask in asks.chars() {
        let mut packet = Vec::new();
        match ask {
            's' => client::ssl_request(&mut packet),
            _ => client::gssenc_request(&mut packet),
        }
        packets.push(packet);
    }
    packets.push(startup(0, user, &[]));
    packets
}

fn answers_only_when_whole(
    handshake: &mut Handshake,
    packet: &[u8],
    sizes: &[usize],
    last: bool,
) -> bool {
    let mut sent = 0;
    pieces(packet, sizes).into_iter().all(|piece| {
        sent += piece.len();
        let step = handshake.advance(packet.split_at(sent).0);
        match step.action {
            Action::NeedMore(total) => total > sent && sent < packet.len(),
            Action::Reply(said) => said == b"N" && !last && step.consumed == packet.len(),
            Action::Route(message) => last && message.packet() == packet,
            _ => false,
        }
    })
}

fn login(key: &[u8], notice: &[u8]) -> Vec<u8> {
    let mut bytes = b"R\0\0\0\x08\0\0\0\0".to_vec();
    for (tag, head, body) in [
        (b'N', &b""[..], notice),
        (b'K', b"\0\0\0\x2A", key),
        (b'Z', b"I", b""),
    ] {
        let length = u32::try_from(4 + head.len() + body.len()).unwrap();
        bytes.push(tag);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(head);
        bytes.extend_from_slice(body);
    }
    // The body of the last message is not waited for.
    bytes.pop();
    bytes
}

/// `bytes` cut into pieces of these sizes, over and over.
fn pieces<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        let Some((piece, rest)) = bytes.split_at_checked(*size) else {
            break;
        };
        pieces.push(piece);
        bytes = rest;
    }
    if !bytes.is_empty() {
        pieces.push(bytes);
    }
    pieces
}
