use pgs_core::handshake::mock_scram::{MockAction, MockScram, MockSecret};

use crate::answer::has_tags;
use crate::fragments::fragmented;

/// However a client's bytes arrive, the answer is the same, and it never is "come in".
pub fn mock_scram(data: &[u8]) {
    let (size, bytes) = fragmented(data);
    let whole = converse(bytes, bytes.len().max(1));
    assert_eq!(whole, converse(bytes, size));
    assert_eq!(whole, converse(bytes, 1));
}

/// Plays a driver whose reads bring `size` bytes each, and then the end of the input.
fn converse(bytes: &[u8], size: usize) -> Vec<Vec<u8>> {
    let mut exchange = MockScram::new(b"nobody", &MockSecret::new([7; 32]), [9; 18]);
    let mut said = Vec::new();
    let (mut start, mut end) = (0, 0);
    loop {
        let buf = bytes.get(start..end).unwrap_or_default();
        let step = exchange.advance(buf);
        assert!(step.consumed <= buf.len());
        start += step.consumed;
        match step.action {
            MockAction::NeedMore(total) => assert!(total > buf.len() && total <= LONGEST),
            MockAction::Reply(reply) => {
                assert!(has_tags(&reply, b"R") && !reply.starts_with(AUTHENTICATION_OK));
                said.push(reply);
                continue;
            }
            action => return ended(&mut exchange, said, action),
        }
        if end == bytes.len() {
            let action = exchange.end_of_input(buf);
            return ended(&mut exchange, said, action);
        }
        end = bytes.len().min(end + size);
    }
}

fn ended(exchange: &mut MockScram, mut said: Vec<Vec<u8>>, action: MockAction) -> Vec<Vec<u8>> {
    match action {
        MockAction::Reject(answer) => {
            assert!(has_tags(&answer, b"E"));
            said.push(answer);
        }
        action => assert_eq!(action, MockAction::Close),
    }
    assert_eq!(exchange.advance(b"p").action, MockAction::Close);
    said
}

const AUTHENTICATION_OK: &[u8] = b"R\0\0\0\x08\0\0\0\0";
/// A tag and the longest message PostgreSQL reads.
const LONGEST: usize = 1025;
