use super::Reader;

/// What a server tells a SCRAM client about a role's password: its salt, and how often it is hashed with it.
///
/// Both are public: whoever asks to log in is told. A refusal that is to look like a live server's has to repeat them.
///
/// ```
/// use pgs_core::wire::Challenge;
///
/// let challenge = Challenge::new("W22ZaJ0SNY7soEsUEjb6gQ==", 4096).unwrap();
/// assert_eq!(Challenge::parse(b"r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"), Some(challenge));
/// ```
///
/// Source: RFC 5802, section 5.1; `src/backend/libpq/auth-scram.c`, `build_server_first_message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    salt: String,
    iterations: u32,
}

impl Challenge {
    /// A challenge with this salt, in base64 and of 128 characters at most; `None` for what no server sends.
    pub fn new(salt: &str, iterations: u32) -> Option<Self> {
        let is_salt = (1..=MAX_SALT).contains(&salt.len()) && salt.bytes().all(is_base64);
        (is_salt && iterations > 0).then(|| Self {
            salt: salt.to_owned(),
            iterations,
        })
    }

    /// The challenge in a server-first-message as PostgreSQL writes it.
    pub fn parse(server_first: &[u8]) -> Option<Self> {
        let mut attributes = server_first.split(|byte| *byte == b',');
        let _nonce = attribute(&mut attributes, *b"r=")?;
        let salt = attribute(&mut attributes, *b"s=")?;
        let iterations = attribute(&mut attributes, *b"i=")?;
        if attributes.next().is_some() {
            return None;
        }
        let iterations = std::str::from_utf8(iterations).ok()?.parse().ok()?;
        Self::new(std::str::from_utf8(salt).ok()?, iterations)
    }

    /// The salt, in base64.
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// How often the password is hashed.
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }
}

fn attribute<'a>(
    attributes: &mut impl Iterator<Item = &'a [u8]>,
    name: [u8; 2],
) -> Option<&'a [u8]> {
    let mut attribute = Reader::new(attributes.next()?);
    (attribute.take_array() == Some(name)).then(|| attribute.rest())
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// PostgreSQL makes salts of 24 characters; a verifier that was computed elsewhere may have a longer one.
const MAX_SALT: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_server_sends_is_no_challenge() {
        for text in [
            "",
            "r=a",
            "r=a,s=AAAA",
            "r=a,i=1,s=AAAA",
            "r=a,s=,i=1",
            "r=a,s=A A,i=1",
            "r=a,s=AAAA,i=0",
            "r=a,s=AAAA,i=-1",
            "r=a,s=AAAA,i=4294967296",
            "r=a,s=AAAA,i=1,x=y",
            "m=x,r=a,s=AAAA,i=1",
        ] {
            assert_eq!(Challenge::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Challenge::new(&"A".repeat(129), 1), None);
    }
}
