//! `global/pg_control` (`src/include/catalog/pg_control.h`): the identity of a cluster, and how it was left.

use super::durable;
use crate::{OsUser, failure::AtPath};
use pgs_core::{Error, ErrorKind, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The first fields of the control file; where they end with a checksum differs between major versions.
#[derive(Debug)]
pub(crate) struct ControlFile {
    path: PathBuf,
    bytes: Vec<u8>,
    checksum_at: usize,
}

impl ControlFile {
    pub(crate) fn read(data: &Path) -> Result<Self> {
        let path = data.join("global/pg_control");
        let bytes = fs::read(&path).at("read", &path)?;
        match checksum_at(&bytes) {
            Some(checksum_at) => Ok(Self {
                path,
                bytes,
                checksum_at,
            }),
            None => Err(damaged(&path)),
        }
    }

    /// Whether the server was shut down in order, as a primary or as a standby.
    pub(crate) fn is_shut_down(&self) -> bool {
        matches!(
            self.word(STATE),
            Some(DB_SHUTDOWNED | DB_SHUTDOWNED_IN_RECOVERY)
        )
    }

    fn word(&self, at: usize) -> Option<u32> {
        word(&self.bytes, at)
    }

    /// Gives the cluster an identity of its own, as `pg_createsubscriber` does after it copied one.
    pub(crate) fn reidentify(mut self, identifier: u64, owner: Option<&OsUser>) -> Result<()> {
        let new = identifier.to_ne_bytes();
        self.bytes.splice(..new.len(), new);
        let checksum =
            checksum(&self.bytes, self.checksum_at).ok_or_else(|| damaged(&self.path))?;
        let end = self.checksum_at + checksum.len();
        self.bytes.splice(self.checksum_at..end, checksum);
        durable::write(&self.path, &self.bytes, durable::PRIVATE_FILE, owner)
    }
}

/// The first place that holds the CRC-32C of everything before it.
fn checksum_at(bytes: &[u8]) -> Option<usize> {
    let ends = (STATE + WORD..SAFE_SIZE).step_by(WORD);
    ends.into_iter().find(|&at| {
        checksum(bytes, at).as_ref().map(<[u8; WORD]>::as_slice) == bytes.get(at..at + WORD)
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

fn damaged(path: &Path) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("the control file `{}` is damaged", path.display()),
    )
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

    fn on_disk(bytes: &[u8]) -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("global")).unwrap();
        fs::write(data.path().join("global/pg_control"), bytes).unwrap();
        data
    }

    #[test]
    fn a_new_identity_keeps_the_rest_and_the_checksum_right() {
        let data = on_disk(&sample(DB_SHUTDOWNED));
        ControlFile::read(data.path())
            .unwrap()
            .reidentify(99, None)
            .unwrap();
        let again = ControlFile::read(data.path()).unwrap();
        assert!(again.is_shut_down() && again.bytes.len() == 8192);
        assert_eq!(again.bytes[..8], 99_u64.to_ne_bytes());
    }

    #[test]
    fn a_running_or_crashed_server_is_not_shut_down() {
        let data = on_disk(&sample(6));
        assert!(!ControlFile::read(data.path()).unwrap().is_shut_down());
    }

    #[test]
    fn a_damaged_file_is_told() {
        let mut bytes = sample(DB_SHUTDOWNED);
        bytes[20] ^= 1;
        let data = on_disk(&bytes);
        assert_eq!(
            ControlFile::read(data.path()).unwrap_err().kind(),
            ErrorKind::Corrupt
        );
    }
}
