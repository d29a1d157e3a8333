use pgs_core::wire::{BackendKey, ErrorSource, KeySniffer};

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
    keys: Vec<BackendKey>,
    authenticated: bool,
    wrong_password: Option<ErrorSource>,
    done: bool,
}

fn learnt(bytes: &[u8], size: usize) -> Learnt {
    let mut sniffer = KeySniffer::new();
    let mut keys = Vec::new();
    for piece in bytes.chunks(size) {
        let was_done = sniffer.is_done();
        sniffer.feed(piece);
        let key = sniffer.take_key();
        assert!(!was_done || (sniffer.is_done() && key.is_none()));
        keys.extend(key);
    }
    Learnt {
        // Of several keys in one piece only the last is seen, so only that one is comparable.
        keys: keys.pop().into_iter().collect(),
        authenticated: sniffer.is_authenticated(),
        wrong_password: sniffer.wrong_password_source().cloned(),
        done: sniffer.is_done(),
    }
}
