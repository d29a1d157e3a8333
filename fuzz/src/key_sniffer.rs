use pgs_core::wire::{BackendKey, Challenge, ErrorSource, KeySniffer, Progress, ProtocolVersion};

use crate::fragments::fragmented;

/// However a server's bytes arrive, the same is learnt from them.
pub fn key_sniffer(data: &[u8]) {
    let (size, bytes) = fragmented(data);
    let whole = learnt(bytes, bytes.len().max(1));
    assert_eq!(whole, learnt(bytes, size));
    assert_eq!(whole, learnt(bytes, 1));
}

#[derive(Debug, PartialEq, Eq)]
struct Learnt {
    key: Option<BackendKey>,
    progress: Progress,
    negotiated: Option<ProtocolVersion>,
    challenge: Option<Challenge>,
    wrong_password: Option<ErrorSource>,
    done: bool,
}

fn learnt(bytes: &[u8], size: usize) -> Learnt {
    let mut sniffer = KeySniffer::new();
    let mut key = None;
    for piece in bytes.chunks(size) {
        let was_done = sniffer.is_done();
        sniffer.feed(piece);
        let found = sniffer.take_key();
        assert!(!was_done || (sniffer.is_done() && found.is_none()));
        assert!(key.is_none() || found.is_none());
        key = key.or(found);
    }
    Learnt {
        key,
        progress: sniffer.progress(),
        negotiated: sniffer.negotiated(),
        challenge: sniffer.take_challenge(),
        wrong_password: sniffer.wrong_password_source().cloned(),
        done: sniffer.is_done(),
    }
}
