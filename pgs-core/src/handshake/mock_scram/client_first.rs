use super::fault::Fault;
use super::scram_text::ScramText;

/// What matters of a client-first-message.
///
/// Source: `auth-scram.c`, `read_client_first_message`; RFC 5802, section 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClientFirst {
    pub(super) binding: Binding,
    pub(super) nonce: Vec<u8>,
}

impl ClientFirst {
    /// Reads a message of a client whose connection is not encrypted.
    pub(super) fn parse(message: &[u8]) -> Result<Self, Fault> {
        let mut text = ScramText::new(message)?;
        let binding = Binding::parse(&mut text)?;
        match text.peek() {
            b',' => text.bump(),
            b'a' => return Err(Fault::AuthorizationIdentity),
            found => return Err(Fault::UnexpectedAttribute(found)),
        };
        if text.peek() == b'm' {
            return Err(Fault::MandatoryExtension);
        }
        // The name in the startup packet is the one that counts.
        text.value_of(b'n')?;
        let nonce = text.value_of(b'r')?;
        if !nonce.iter().all(u8::is_ascii_graphic) {
            return Err(Fault::UnprintableNonce);
        }
        while !text.is_empty() {
            text.any()?;
        }
        Ok(Self {
            binding,
            nonce: nonce.to_vec(),
        })
    }
}

/// What the client says about channel binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    Unsupported,
    NotOffered,
}

impl Binding {
    fn parse(text: &mut ScramText<'_>) -> Result<Self, Fault> {
        match text.bump() {
            b'n' => comma(text)
                .map_err(Fault::CommaAfterN)
                .map(|()| Self::Unsupported),
            b'y' => comma(text)
                .map_err(Fault::CommaAfterY)
                .map(|()| Self::NotOffered),
            b'p' => Err(Fault::UnwantedBinding),
            flag => Err(Fault::BindingFlag(flag)),
        }
    }

    /// What the client-final-message has to repeat: the base64 of `n,,` or `y,,`.
    pub(super) const fn echo(self) -> &'static [u8] {
        match self {
            Self::Unsupported => b"biws",
            Self::NotOffered => b"eSws",
        }
    }
}

fn comma(text: &mut ScramText<'_>) -> Result<(), u8> {
    match text.bump() {
        b',' => Ok(()),
        found => Err(found),
    }
}
