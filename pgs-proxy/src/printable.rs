/// A name that a client chose, as text that no terminal and no log is misled by: what is no printable character becomes
/// an escape sequence, and so does a backslash. Quotes stay, which every format of a log escapes by itself.
pub(crate) fn printable(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\'' => text.push(c),
                _ => text.extend(c.escape_debug()),
            }
        }
        text.extend(chunk.invalid().escape_ascii().map(char::from));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_mislead_is_escaped_and_the_rest_is_not() {
        for (name, text) in [
            (&b"acme"[..], "acme"),
            ("Jürgen O'\"x".as_bytes(), "Jürgen O'\"x"),
            (b"a\nb\x1B[2J", "a\\nb\\u{1b}[2J"),
            ("\u{202E}x\u{9B}".as_bytes(), "\\u{202e}x\\u{9b}"),
            (b"\xFFa\\", "\\xffa\\\\"),
        ] {
            assert_eq!(printable(name), text);
        }
    }
}
