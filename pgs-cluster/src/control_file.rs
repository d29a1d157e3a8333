use crate::SystemIdentifier;

/// `global/pg_control` (`src/include/catalog/pg_control.h`): the identity of a cluster, and how it was left.
///
/// Only the first fields are read; where they end with a checksum differs between major versions.
#[derive(Clone, Debug)]
pub struct ControlFile {
    bytes: Vec<u8>,
    checksum_at: usize,
}

impl ControlFile {
    /// Where it is in the data directory.
    pub const PATH: &str = "global/pg_control";

    /// Reads the file's contents; none when no checksum in it is right.
    #[must_use]
    pub fn parse(bytes: Vec<u8>) -> Option<Self> {
        let checksum_at = checksum_at(&bytes)?;
        Some(Self { bytes, checksum_at })
    }

    /// Whether the server was shut down in order, as a primary or as a standby.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        matches!(
            word(&self.bytes, STATE),
            Some(DB_SHUTDOWNED | DB_SHUTDOWNED_IN_RECOVERY)
        )
    }

    /// The contents with an identity of its own, as `pg_createsubscriber` gives one to a copy.
    #[must_use]
    pub fn reidentified(mut self, identifier: SystemIdentifier) -> Vec<u8> {
        let new = identifier.bytes();
        self.bytes.splice(..new.len(), new);
        // What was parsed has a checksum, so there are bytes before it to sum up.
        let checksum = checksum(&self.bytes, self.checksum_at).unwrap_or_default();
        let end = self.checksum_at + checksum.len();
        self.bytes.splice(self.checksum_at..end, checksum);
        self.bytes
    }
}

/// The first place that holds the CRC-32C of everything before it.
fn checksum_at(bytes: &[u8]) -> Option<usize> {
    (STATE + WORD..SAFE_SIZE).step_by(WORD).find(|&at| {
        let held = bytes.get(at..at + WORD);
        held.is_some_and(|held| checksum(bytes, at).is_some_and(|right| right == held))
    })
}

fn checksum(bytes: &[u8], at: usize) -> Option<[u8; WORD]> {
    bytes
        .get(..at)
        .map(|covered| crc32c::crc32c(covered).to_ne_bytes())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + WORD)?;
    bytes.try_into().ok().map(u32::from_ne_bytes)
}

const WORD: usize = 4;
/// Behind the system identifier and two version numbers.
const STATE: usize = 16;
const DB_SHUTDOWNED: u32 = 1;
const DB_SHUTDOWNED_IN_RECOVERY: u32 = 2;
/// `PG_CONTROL_MAX_SAFE_SIZE`: the file's contents fit in one sector.
const SAFE_SIZE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(state: u32) -> Vec<u8> {
        let mut bytes = [
            7_u64.to_ne_bytes().as_slice(),
            &1800_u32.to_ne_bytes(),
            &1_u32.to_ne_bytes(),
            &state.to_ne_bytes(),
        ]
        .concat();
        bytes.resize(288, 3);
        bytes.extend(crc32c::crc32c(&bytes).to_ne_bytes());
        bytes.resize(8192, 0);
        bytes
    }

    #[test]
    fn a_new_identity_keeps_the_rest_and_the_checksum_right() {
        let identifier = SystemIdentifier::generate();
        let old = ControlFile::parse(sample(DB_SHUTDOWNED)).unwrap();
        let again = ControlFile::parse(old.reidentified(identifier)).unwrap();
        assert!(again.is_shut_down() && again.bytes.len() == 8192);
        assert_eq!(again.bytes[..8], identifier.bytes());
        assert_eq!(again.bytes[8..288], sample(DB_SHUTDOWNED)[8..288]);
    }

    #[test]
    fn a_running_or_crashed_server_is_not_shut_down() {
        assert!(!ControlFile::parse(sample(6)).unwrap().is_shut_down());
    }

    #[test]
    fn a_damaged_or_short_file_is_told() {
        let mut bytes = sample(DB_SHUTDOWNED);
        bytes[20] ^= 1;
        assert!(ControlFile::parse(bytes).is_none());
        assert!(ControlFile::parse(Vec::new()).is_none());
        assert!(ControlFile::parse(sample(1)[..200].to_vec()).is_none());
    }
}
