use super::Reader;

/// Appends a message: its tag, its length, the body that `fill` writes.
pub(super) fn put(out: &mut Vec<u8>, tag: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    out.push(tag);
    put_sized(out, fill);
}

/// Appends a length word, which counts itself, and the body that `fill` writes.
pub(super) fn put_sized(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; size_of::<u32>()]);
    fill(out);
    let message = out.get_mut(start..).unwrap_or_default();
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    if let Some(word) = message.first_chunk_mut() {
        *word = length.to_be_bytes();
    }
}

/// Appends a C string. It ends at the first NUL, wherever the caller thought it would.
pub(super) fn put_cstr(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(Reader::new(text).cstr().unwrap_or(text));
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_counts_itself_but_not_the_tag() {
        let mut out = Vec::new();
        put(&mut out, b'Z', |body| body.push(b'I'));
        assert_eq!(out, b"Z\0\0\0\x05I");
    }

    #[test]
    fn a_nul_inside_a_text_ends_it() {
        let mut out = Vec::new();
        put_cstr(&mut out, b"ab\0cd");
        assert_eq!(out, b"ab\0");
    }
}
