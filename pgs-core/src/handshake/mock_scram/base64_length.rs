/// How many bytes `text` decodes to under PostgreSQL's rules, which are looser than RFC 4648: any trailing bits
/// are fine, and text may follow the padding, where every group of four counts for what the first padding said.
///
/// Source: `src/common/base64.c`, `pg_b64_decode`.
pub(super) fn base64_length(text: &[u8]) -> Option<usize> {
    let mut length = 0_usize;
    let mut padded = None;
    for (index, byte) in text.iter().enumerate() {
        match (byte, index % 4) {
            (b'=', at) => padded = Some(padded.or_else(|| bytes_before_padding(at))?),
            (byte, _) if is_base64(*byte) => {}
            _ => return None,
        }
        if index % 4 == 3 {
            length = length.saturating_add(padded.unwrap_or(3));
        }
    }
    text.len().is_multiple_of(4).then_some(length)
}

fn bytes_before_padding(at: usize) -> Option<usize> {
    match at {
        2 => Some(1),
        3 => Some(2),
        _ => None,
    }
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_are_postgresqls() {
        for (text, length) in [
            ("", Some(0)),
            ("AAAA", Some(3)),
            ("AAA=", Some(2)),
            ("AA==", Some(1)),
            ("AA/=", Some(2)),
            ("AA==AAAA", Some(2)),
            ("AA==A===", Some(2)),
            ("AAA=AAAA", Some(4)),
            ("A===", None),
            ("=AAA", None),
            ("AAA", None),
            ("AA A", None),
            ("AAA\n", None),
            ("AA=", None),
        ] {
            assert_eq!(base64_length(text.as_bytes()), length, "{text}");
        }
    }
}
