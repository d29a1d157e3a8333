/// A cursor over bytes from a peer. It cannot index, so it cannot panic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }

    pub(crate) fn take_array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }

    /// As many bytes as there are, but no more than `limit`.
    pub(crate) fn take_up_to(&mut self, limit: usize) -> &'a [u8] {
        let (head, rest) = self
            .rest
            .split_at_checked(limit)
            .unwrap_or((self.rest, &[]));
        self.rest = rest;
        head
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take_array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take_array().map(u32::from_be_bytes)
    }

    /// The bytes before the next NUL; the NUL is consumed too.
    pub(crate) fn cstr(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|byte| *byte == 0)?;
        let text = self.take(end)?;
        self.u8()?;
        Some(text)
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_more_than_there_is_takes_nothing() {
        let mut reader = Reader::new(b"abc");
        assert_eq!(reader.take(4), None);
        assert_eq!(reader.u32(), None);
        assert_eq!(reader.rest(), b"abc");
    }

    #[test]
    fn a_c_string_needs_its_nul() {
        let mut reader = Reader::new(b"ab\0c");
        assert_eq!(reader.cstr(), Some(&b"ab"[..]));
        assert_eq!(reader.cstr(), None);
        assert_eq!(reader.take_up_to(9), b"c");
        assert!(reader.is_empty());
    }
}
