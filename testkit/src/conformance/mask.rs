//! What differs between any two connections to the same server.

use crate::Frame;

/// The messages without process numbers, keys, nonces, salts and proofs. Their lengths stay.
pub fn masked(frames: &[Frame]) -> Vec<Frame> {
    frames.iter().map(mask).collect()
}

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
