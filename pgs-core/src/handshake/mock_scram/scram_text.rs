use super::fault::Fault;
use crate::wire::Reader;

/// A cursor over the attributes of a SCRAM message.
///
/// Source: `auth-scram.c`, `read_attr_value` and `read_any_attr`; RFC 5802, section 5.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScramText<'a> {
    reader: Reader<'a>,
}

impl<'a> ScramText<'a> {
    /// A message as the exchange checks it before looking inside.
    pub(super) fn new(message: &'a [u8]) -> Result<Self, Fault> {
        if message.is_empty() {
            return Err(Fault::Empty);
        }
        if message.contains(&0) {
            return Err(Fault::EmbeddedNul);
        }
        Ok(Self {
            reader: Reader::new(message),
        })
    }

    /// The next byte without consuming it; zero at the end, as in a C string.
    pub(super) fn peek(&self) -> u8 {
        self.reader.rest().first().copied().unwrap_or(0)
    }

    pub(super) fn bump(&mut self) -> u8 {
        self.reader.u8().unwrap_or(0)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }

    /// The value of the attribute `name`, which has to come next.
    pub(super) fn value_of(&mut self, name: u8) -> Result<&'a [u8], Fault> {
        let found = self.bump();
        if found != name {
            return Err(Fault::OtherAttribute {
                wanted: name,
                found,
            });
        }
        self.value().ok_or(Fault::NoEqualsSign(name))
    }

    /// The next attribute, whatever its name.
    pub(super) fn any(&mut self) -> Result<(u8, &'a [u8]), Fault> {
        if self.is_empty() {
            return Err(Fault::NoAttribute);
        }
        let name = self.bump();
        if !name.is_ascii_alphabetic() {
            return Err(Fault::AttributeName(name));
        }
        let value = self.value().ok_or(Fault::NoEqualsSignInAny(name))?;
        Ok((name, value))
    }

    /// `=` and everything up to the next comma, which is consumed.
    fn value(&mut self) -> Option<&'a [u8]> {
        if self.bump() != b'=' {
            return None;
        }
        let rest = self.reader.rest();
        let end = rest.iter().position(|byte| *byte == b',');
        let value = self.reader.take_up_to(end.unwrap_or(usize::MAX));
        self.bump();
        Some(value)
    }
}
