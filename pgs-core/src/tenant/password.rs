use crate::{Error, ErrorKind, Result};
use rand::distr::{Alphanumeric, SampleString};
use std::{fmt, str::FromStr};

/// How many characters a generated password has: about 190 bits.
const GENERATED_LEN: usize = 32;
/// Longer ones are refused by libpq's prompt and by several drivers.
const MAX_LEN: usize = 1024;

/// A clear password, on its way to a person or to a [`ScramVerifier`]. Never stored, and not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// 32 letters and digits from the operating system's randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self(Alphanumeric.sample_string(&mut rand::rng(), GENERATED_LEN))
    }

    /// The clear text, to be shown once or handed to a client.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the server stores instead of the password.
    #[must_use]
    pub fn verifier(&self) -> ScramVerifier {
        ScramVerifier(postgres_protocol::password::scram_sha_256(
            self.0.as_bytes(),
        ))
    }
}

impl FromStr for Password {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let rule = match text {
            "" => "is empty",
            _ if text.contains('\0') => "contains a NUL byte",
            _ if text.len() > MAX_LEN => "is longer than 1024 bytes",
            _ => return Ok(Self(text.to_owned())),
        };
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!("the given password {rule}"),
        )
        .with_remedy("give 1 to 1024 bytes without NUL, or give none and have one generated"))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// A SCRAM-SHA-256 verifier as `pg_authid.rolpassword` holds it (`PostgreSQL` manual, section 52.8).
///
/// Computed here, so that no clear password crosses the wire or reaches a server's log.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramVerifier(String);

impl ScramVerifier {
    /// The text for `ALTER ROLE .. PASSWORD`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ScramVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScramVerifier(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_are_long_plain_and_different() {
        let (one, two) = (Password::generate(), Password::generate());
        assert_ne!(one, two);
        assert!(
            one.reveal().len() == 32
                && one
                    .reveal()
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric())
        );
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let password: Password = "hunter2".parse().unwrap();
        assert!(!format!("{password:?} {:?}", password.verifier()).contains("hunter2"));
        assert!(!format!("{:?}", password.verifier()).contains("4096"));
    }

    #[test]
    fn a_verifier_has_the_servers_format() {
        let verifier = Password::generate().verifier();
        assert!(verifier.as_str().starts_with("SCRAM-SHA-256$4096:"));
    }

    #[test]
    fn odd_passwords_are_refused_without_being_repeated() {
        for text in ["", "a\0b", &"x".repeat(1025)] {
            let error = text.parse::<Password>().unwrap_err();
            assert!(text.is_empty() || !error.chain().contains(text));
        }
    }
}
