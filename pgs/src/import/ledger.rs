use super::passfile::{EXTENSION, Passfile};
use crate::private_folder;
use pgs_core::{Error, ErrorKind, Result, TenantId, TenantUid};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// What was imported into a state directory, and what is being imported: its folder `import`. One process has it at a time.
#[derive(Debug)]
pub(super) struct Ledger {
    folder: PathBuf,
    _lock: File,
}

/// What is known of one tenant's import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Written down before the tenant is made, so that nobody else's is ever taken for it.
    pub(super) uid: TenantUid,
    pub(super) is_complete: bool,
    pub(super) with_data: bool,
}

impl Ledger {
    pub(super) fn open(state_dir: &Path) -> Result<Self> {
        let folder = state_dir.join("import");
        let failed = |source| Error::io(format!("`{}` cannot be used", folder.display()), source);
        private_folder::make(&folder).map_err(failed)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy()),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Passfile::sweep(&folder).map_err(failed)?;
        Ok(Self {
            _lock: lock,
            folder,
        })
    }

    /// None for a tenant that no import was begun of.
    pub(super) fn read(&self, id: &TenantId) -> Result<Option<Entry>> {
        let path = self.path(id);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|source| {
                Error::io(format!("`{}` cannot be read", path.display()), source)
            })?,
        };
        serde_json::from_slice(&text).map(Some).map_err(|source| {
            Error::new(
                ErrorKind::Corrupt,
                format!("`{}` is not what an import writes", path.display()),
            )
            .with_remedy("delete it if the tenant is whole or not there")
            .with_source(source)
        })
    }

    /// On disk when it returns.
    pub(super) fn write(&self, id: &TenantId, entry: Entry) -> Result<()> {
        let path = self.path(id);
        let unfinished = path.with_extension("new");
        let written = || {
            let file = File::create(&unfinished)?;
            serde_json::to_writer(&file, &entry)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        written().map_err(|source: io::Error| {
            Error::io(format!("`{}` cannot be written", path.display()), source)
        })
    }

    pub(super) fn forget(&self, id: &TenantId) -> Result<()> {
        let path = self.path(id);
        fs::remove_file(&path)
            .map_err(|source| Error::io(format!("`{}` cannot be deleted", path.display()), source))
    }

    /// Where the passwords for one import go.
    pub(super) fn passfile(&self, id: &TenantId) -> PathBuf {
        self.folder.join(format!("{id}.{EXTENSION}"))
    }

    fn path(&self, id: &TenantId) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

fn busy() -> Error {
    Error::new(
        ErrorKind::Busy,
        "another import into this state directory is going on",
    )
    .with_remedy("wait until it is done")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_core::Timestamp;

    #[test]
    fn what_is_written_comes_back_to_one_at_a_time() {
        let state_dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(state_dir.path()).unwrap();
        let second = Ledger::open(state_dir.path()).unwrap_err();
        assert_eq!(second.kind(), ErrorKind::Busy);
        let id: TenantId = "acme".parse().unwrap();
        assert_eq!(ledger.read(&id).unwrap(), None);
        let entry = Entry {
            uid: TenantUid::new(Timestamp::from_millis(1)),
            is_complete: false,
            with_data: true,
        };
        ledger.write(&id, entry).unwrap();
        fs::write(ledger.passfile(&id), "left by a killed process").unwrap();
        let left = ledger.passfile(&id);
        drop(ledger);
        let ledger = Ledger::open(state_dir.path()).unwrap();
        assert_eq!(ledger.read(&id).unwrap(), Some(entry));
        assert!(!left.exists());
        ledger.forget(&id).unwrap();
        assert_eq!(ledger.read(&id).unwrap(), None);
    }
}
