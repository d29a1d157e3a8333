use super::Reader;

/// The name/value pairs of a startup packet, in packet order, duplicates included.
///
/// Source: `src/backend/tcop/backend_startup.c`, `ProcessStartupPacket`.
#[derive(Clone, Debug)]
pub struct Params<'a> {
    reader: Reader<'a>,
}

impl<'a> Params<'a> {
    /// The pairs in what follows the version word.
    pub(super) const fn new(body: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(body),
        }
    }

    /// The value of `name`. The last of several wins, as in PostgreSQL.
    pub fn value_of(mut self, name: &[u8]) -> Option<&'a [u8]> {
        let mut found = None;
        for (other, value) in self.by_ref() {
            if other == name {
                found = Some(value);
            }
        }
        found
    }

    /// Whether exactly one byte is left, asked where the pairs have ended.
    ///
    /// PostgreSQL never looks at that byte: a lone name of one byte passes for the terminator (measured on 18.6).
    pub(super) const fn ended_in_terminator(&self) -> bool {
        self.reader.rest().len() == 1
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut ahead = self.reader;
        let name = ahead.cstr().filter(|name| !name.is_empty())?;
        if ahead.is_empty() {
            return None;
        }
        // PostgreSQL keeps a zero byte behind the packet, so a value without its NUL is still looked at.
        let value = ahead.cstr().unwrap_or_else(|| ahead.take_up_to(usize::MAX));
        self.reader = ahead;
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_duplicate_wins() {
        let params = Params::new(b"user\0a\0user\0b\0\0");
        assert_eq!(params.clone().count(), 2);
        assert_eq!(params.value_of(b"user"), Some(&b"b"[..]));
    }

    #[test]
    fn names_are_case_sensitive() {
        assert_eq!(Params::new(b"USER\0a\0\0").value_of(b"user"), None);
    }

    #[test]
    fn the_terminator_is_the_last_byte() {
        for (body, ok) in [
            (&b"\0"[..], true),
            (b"a\0b\0\0", true),
            (b"a\0b\0x", true),
            (b"", false),
            (b"a\0b\0", false),
            (b"a\0b", false),
            (b"a\0b\0xy", false),
            (b"a\0b\0x\0", false),
            (b"a\0b\0\0\0", false),
            (b"a\0b\0\0x", false),
        ] {
            let mut params = Params::new(body);
            params.by_ref().for_each(drop);
            assert_eq!(params.ended_in_terminator(), ok, "{body:?}");
        }
    }
}
