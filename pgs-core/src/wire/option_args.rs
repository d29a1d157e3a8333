use super::Reader;
use std::borrow::Cow;

/// The arguments in the `options` parameter, as the server splits them: at white space, unless a backslash is before it.
///
/// A backslash stands for the byte behind it, and for nothing at the very end.
///
/// ```
/// use pgs_core::wire::OptionArgs;
///
/// let args: Vec<_> = OptionArgs::new(br"-c search_path=a\ b  -e").collect();
/// assert_eq!(args, [&b"-c"[..], b"search_path=a b", b"-e"]);
/// ```
///
/// Source: `src/backend/utils/init/postinit.c`, `pg_split_opts`.
#[derive(Clone, Debug)]
pub struct OptionArgs<'a> {
    reader: Reader<'a>,
}

impl<'a> OptionArgs<'a> {
    /// The arguments in these bytes.
    pub const fn new(options: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(options),
        }
    }
}

impl<'a> Iterator for OptionArgs<'a> {
    type Item = Cow<'a, [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let spaces = self
            .reader
            .rest()
            .iter()
            .take_while(|byte| is_space(**byte));
        let spaces = spaces.count();
        self.reader.take(spaces)?;
        if self.reader.is_empty() {
            return None;
        }
        let mut escaped = false;
        let belongs = |byte: &&u8| {
            let belongs = escaped || !is_space(**byte);
            escaped = !escaped && **byte == b'\\';
            belongs
        };
        let length = self.reader.rest().iter().take_while(belongs).count();
        self.reader.take(length).map(unescaped)
    }
}

fn unescaped(written: &[u8]) -> Cow<'_, [u8]> {
    if !written.contains(&b'\\') {
        return Cow::Borrowed(written);
    }
    let mut escaped = false;
    let mut meant = written.to_vec();
    meant.retain(|byte| {
        escaped = !escaped && *byte == b'\\';
        !escaped
    });
    Cow::Owned(meant)
}

/// As `isspace` in the locale `C`: Rust's white space lacks the vertical tab.
const fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0B'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(options: &[u8]) -> Vec<Vec<u8>> {
        OptionArgs::new(options).map(Cow::into_owned).collect()
    }

    #[test]
    fn white_space_separates() {
        assert_eq!(split(b" \t\n\x0B\x0C\r-a\x0Bb  "), [&b"-a"[..], b"b"]);
        assert!(split(b"").is_empty() && split(b"  ").is_empty());
    }

    #[test]
    fn a_backslash_stands_for_the_next_byte() {
        assert_eq!(split(br"a\ b\\c d\e"), [&br"a b\c"[..], b"de"]);
        assert_eq!(split(br"a\\ b"), [&br"a\"[..], b"b"]);
        assert_eq!(split(b"\\\xFF"), [b"\xFF"]);
    }

    /// As 18.6 does: an argument, and an empty one.
    #[test]
    fn a_lone_backslash_at_the_end_is_an_empty_argument() {
        assert_eq!(split(br"a \"), [&b"a"[..], b""]);
        assert_eq!(split(br"a\"), [b"a"]);
        assert_eq!(split(br"\"), [b""]);
    }
}
