use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What an installation's made-up salts are derived from. Keep it: a salt that changes tells that nobody has it.
///
/// Source: `auth-scram.c`, `scram_mock_salt`; PostgreSQL keeps its own in `pg_control`.
#[derive(Clone)]
pub struct MockSecret([u8; 32]);

impl MockSecret {
    /// The secret made of these random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The salt of a role that does not exist, in base64: always the same for one name.
    pub(super) fn salt(&self, user: &[u8]) -> String {
        let digest = self.digest(&[user]);
        STANDARD.encode(digest.first_chunk::<SALT_LENGTH>().unwrap_or(&[0; _]))
    }

    /// A number for each pair of a name and something it may get, which nobody outside can compute. The one with the
    /// largest number is the name's: it keeps that whatever else comes or goes (rendezvous hashing).
    pub fn rank(&self, name: &[u8], candidate: &[u8]) -> u64 {
        // No name that has a salt begins with two NULs.
        let digest = self.digest(&[b"\0\0", name, b"\0\0", candidate]);
        u64::from_be_bytes(*digest.first_chunk().unwrap_or(&[0; _]))
    }

    fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut key = Key::<Hmac<Sha256>>::default();
        for (slot, byte) in key.iter_mut().zip(self.0) {
            *slot = byte;
        }
        let mut mac = Hmac::<Sha256>::new(&key);
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for MockSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockSecret").finish_non_exhaustive()
    }
}

/// Source: `SCRAM_DEFAULT_SALT_LEN`, `src/include/common/scram-common.h`.
const SALT_LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_salt_and_shares_it_with_nobody() {
        let secret = MockSecret::new([7; 32]);
        assert_eq!(secret.salt(b"a").len(), 24);
        assert_eq!(secret.salt(b"a"), secret.salt(b"a"));
        assert_ne!(secret.salt(b"a"), secret.salt(b"b"));
        assert_ne!(secret.salt(b"a"), MockSecret::new([8; 32]).salt(b"a"));
    }
}
