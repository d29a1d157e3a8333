use pgs_core::handshake::{Action, Handshake, MAX_BUFFERED, TlsOffer, TlsStart};

use crate::answer::has_tags;
use crate::fragments::fragmented;

/// However a client's bytes arrive, the answer is the same and no byte is lost; only a client that does not wait
/// for the answer to an encryption request is told so.
pub fn handshake(data: &[u8]) {
    for tls in [TlsOffer::Withheld, TlsOffer::Offered] {
        judge(tls, data);
    }
}

fn judge(tls: TlsOffer, data: &[u8]) {
    let (size, bytes) = fragmented(data);
    let patient = converse(tls, bytes, 1);
    let hasty = converse(tls, bytes, size);
    let stuffed = hasty.said.windows(STUFFED.len()).any(|w| w == STUFFED);
    assert!(stuffed || hasty == patient, "{hasty:?} {patient:?}");
}

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    said: Vec<u8>,
    end: End,
    consumed: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Waiting,
    Routed(Vec<u8>),
    Cancelled(Vec<u8>),
    Encrypting(TlsStart),
    Rejected,
    Closed,
}

/// Plays a driver whose reads bring `size` bytes each.
fn converse(tls: TlsOffer, bytes: &[u8], size: usize) -> Outcome {
    let mut handshake = Handshake::new(tls);
    let mut said = Vec::new();
    let (mut start, mut end) = (0, 0);
    loop {
        let buf = bytes.get(start..end).unwrap_or_default();
        let step = handshake.advance(buf);
        assert!(step.consumed <= buf.len());
        start += step.consumed;
        let ended = match step.action {
            Action::NeedMore(total) => {
                assert!(total > buf.len() && total <= MAX_BUFFERED);
                (end == bytes.len()).then_some(End::Waiting)
            }
            Action::Reply(reply) => {
                said.extend_from_slice(reply);
                continue;
            }
            Action::Route(startup) => Some(End::Routed(startup.packet().to_vec())),
            Action::Cancel(request) => Some(End::Cancelled(request.packet().to_vec())),
            Action::Reject(answer) => {
                assert!(is_refusal(&answer));
                said.extend_from_slice(&answer);
                Some(End::Rejected)
            }
            Action::StartTls(start) => Some(End::Encrypting(start)),
            Action::Close => Some(End::Closed),
        };
        if let Some(ended) = ended {
            over(&mut handshake, &ended);
            return Outcome {
                said,
                end: ended,
                consumed: start,
            };
        }
        end = bytes.len().min(end + size);
    }
}

fn over(handshake: &mut Handshake, end: &End) {
    let after = handshake.advance(b"\0\0\0\x08").action;
    assert!(*end == End::Waiting || matches!(after, Action::Close));
}

fn is_refusal(answer: &[u8]) -> bool {
    let answer = answer.strip_prefix(b"N").unwrap_or(answer);
    has_tags(answer, b"E") || has_tags(answer, b"vE")
}

const STUFFED: &[u8] = b"received unencrypted data";
