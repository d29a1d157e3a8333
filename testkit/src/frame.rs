use std::fmt;

/// A message of the server: its tag and what follows the length word.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// The first byte, such as `R` or `E`.
    pub tag: u8,
    /// Everything behind the length word.
    pub body: Vec<u8>,
}

impl Frame {
    /// The first message in these bytes and how long it is, if it is there to its end.
    pub fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let (tag, rest) = bytes.split_first()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes(*length) as usize;
        let body = rest.get(..length.checked_sub(4)?)?;
        let frame = Self {
            tag: *tag,
            body: body.to_vec(),
        };
        Some((frame, length + 1))
    }

    /// The messages in these bytes, which have to end with one.
    pub fn all(mut bytes: &[u8]) -> Vec<Self> {
        let mut frames = Vec::new();
        while !bytes.is_empty() {
            let (frame, length) = Self::parse(bytes)
                .unwrap_or_else(|| panic!("no message: {}", bytes.escape_ascii()));
            frames.push(frame);
            bytes = &bytes[length..];
        }
        frames
    }

    /// The number that an `R` begins with.
    pub fn authentication(&self) -> Option<u32> {
        let code = self.body.first_chunk().filter(|_| self.tag == b'R')?;
        Some(u32::from_be_bytes(*code))
    }

    /// The process number and the cancel key in a `K`.
    pub fn cancel_key(&self) -> Option<(u32, &[u8])> {
        let (pid, key) = self.body.split_first_chunk()?;
        (self.tag == b'K').then_some((u32::from_be_bytes(*pid), key))
    }

    /// A field of an `E` or `N`, such as `C`, the SQLSTATE.
    pub fn field(&self, name: u8) -> Option<String> {
        let mut fields = self.body.split(|byte| *byte == 0);
        let field = fields.find(|field| field.first() == Some(&name))?;
        matches!(self.tag, b'E' | b'N').then(|| String::from_utf8_lossy(&field[1..]).into_owned())
    }

    /// The SQLSTATE of an `E`.
    pub fn sqlstate(&self) -> Option<String> {
        self.field(b'C').filter(|_| self.tag == b'E')
    }

    /// The columns of a `D` as text.
    pub fn columns(&self) -> Vec<Option<String>> {
        assert_eq!(self.tag, b'D', "{self:?} is no row");
        let mut columns = Vec::new();
        let mut rest = &self.body[2..];
        while let Some((length, tail)) = rest.split_first_chunk() {
            let length = usize::try_from(i32::from_be_bytes(*length));
            let (value, tail) = tail.split_at(length.unwrap_or(0));
            columns.push(
                length
                    .ok()
                    .map(|_| String::from_utf8_lossy(value).into_owned()),
            );
            rest = tail;
        }
        columns
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.body[..self.body.len().min(500)];
        let (tag, length) = (char::from(self.tag), self.body.len());
        write!(f, "{tag}[{length}] {}", shown.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_message_is_none() {
        let bytes = b"Z\0\0\0\x05I";
        assert_eq!(Frame::parse(&bytes[..5]), None);
        let (frame, length) = Frame::parse(bytes).unwrap();
        assert_eq!(
            (frame.tag, frame.body.as_slice(), length),
            (b'Z', &b"I"[..], 6)
        );
    }

    #[test]
    fn null_is_not_an_empty_text() {
        let frame = Frame {
            tag: b'D',
            body: b"\0\x02\xff\xff\xff\xff\0\0\0\0".to_vec(),
        };
        assert_eq!(frame.columns(), [None, Some(String::new())]);
    }
}
