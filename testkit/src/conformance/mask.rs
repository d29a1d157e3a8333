//! What differs between any two connections to the same server.

use crate::Frame;

/// The messages without process numbers, keys, nonces, salts and proofs. Their lengths stay.
pub fn masked(frames: &[Frame]) -> Vec<Frame> {
    frames.iter().map(mask).collect()
}

/// What differs besides between a server that does TLS itself and one behind a proxy that does: the first can bind a
/// password to the channel, and offers that.
pub fn masked_in_tls(frames: &[Frame]) -> Vec<Frame> {
    let without_binding = |frame: &Frame| {
        let mut frame = frame.clone();
        let offers = frame.authentication() == Some(10);
        if let Some(rest) = frame.body.get(4..).and_then(|body| body.strip_prefix(PLUS))
            && offers
        {
            let rest = rest.to_vec();
            frame.body.truncate(4);
            frame.body.extend(rest);
        }
        frame
    };
    frames.iter().map(without_binding).collect()
}

/// What differs besides between two minor versions of a server: its version, and the source lines in its errors.
pub fn masked_minor(frames: &[Frame]) -> Vec<Frame> {
    let without = |frame: &Frame| {
        let mut frame = frame.clone();
        match frame.tag {
            b'E' | b'N' => mask_lines(&mut frame.body),
            b'S' if frame.body.starts_with(VERSION) => frame.body.truncate(VERSION.len()),
            _ => {}
        }
        frame
    };
    frames.iter().map(without).collect()
}

/// The digits of every field `L`.
pub(super) fn mask_lines(bytes: &mut [u8]) {
    for field in bytes.split_mut(|byte| *byte == 0) {
        if let [b'L', digits @ ..] = field
            && digits.iter().all(u8::is_ascii_digit)
        {
            digits.fill(b'*');
        }
    }
}

const VERSION: &[u8] = b"server_version\0";
const PLUS: &[u8] = b"SCRAM-SHA-256-PLUS\0";

fn mask(frame: &Frame) -> Frame {
    let mut body = frame.body.clone();
    match (frame.tag, frame.authentication()) {
        (b'K', _) => body.fill(0),
        (b'A', _) => body[..4].fill(0),
        (b'R', Some(11)) => mask_attributes(&mut body[4..], b"rs"),
        (b'R', Some(12)) => mask_attributes(&mut body[4..], b"v"),
        _ => {}
    }
    let tag = frame.tag;
    Frame { tag, body }
}

fn mask_attributes(text: &mut [u8], names: &[u8]) {
    for attribute in text.split_mut(|byte| *byte == b',') {
        if let [name, b'=', value @ ..] = attribute
            && names.contains(name)
        {
            value.fill(b'*');
        }
    }
}

/// An error without the user's name in it.
pub fn without_name(frames: &[Frame], name: &str) -> Vec<Frame> {
    let quoted = format!("\"{name}\"");
    let replace = |frame: &Frame| {
        let tag = frame.tag;
        if tag != b'E' {
            return frame.clone();
        }
        let text = String::from_utf8_lossy(&frame.body);
        let body = text.replace(&quoted, "\"somebody\"").into_bytes();
        Frame { tag, body }
    };
    frames.iter().map(replace).collect()
}

#[test]
fn the_length_of_what_is_masked_still_counts() {
    let frame = Frame {
        tag: b'R',
        body: b"\0\0\0\x0br=ab,s=cde,i=4096".to_vec(),
    };
    assert_eq!(mask(&frame).body, b"\0\0\0\x0br=**,s=***,i=4096");
}
