use crate::{
    fault,
    file_lock::{self, FileLock},
    gate::Gate,
};
use pgs_core::{Error, ErrorKind, Result, TenantUid};
use std::{
    ffi::OsStr,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// The locks of all tenants: a file for each that somebody works on now.
#[derive(Debug)]
pub(crate) struct LockDirectory {
    path: PathBuf,
    gate: Gate,
    patience: Duration,
}

impl LockDirectory {
    pub(crate) fn open(state: &Path) -> Result<Self> {
        let path = state.join("locks");
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                return Err(fault::io("create", &path, source));
            }
            _ => {}
        }
        Ok(Self {
            gate: Gate::new(path.clone()),
            path,
            patience: PATIENCE,
        })
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Deletes what owners left behind that were killed. The caller has closed the gate.
    pub(crate) fn sweep(&self) -> Result<()> {
        let failed = |source| fault::io("read", &self.path, source);
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension() == Some(OsStr::new(EXTENSION)) {
                // What is in the way is an error for whoever needs this lock, not for everybody.
                let _ = FileLock::sweep(&path);
            }
        }
        Ok(())
    }

    pub(crate) async fn lock(&self, uid: TenantUid) -> Result<FileLock> {
        let started = Instant::now();
        loop {
            if let Some(lock) = self.try_lock(uid).await? {
                return Ok(lock);
            }
            if started.elapsed() >= self.patience {
                return Err(self.busy(uid));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    pub(crate) async fn try_lock(&self, uid: TenantUid) -> Result<Option<FileLock>> {
        let path = self.file_of(uid);
        let _passage = self.gate.pass().await?;
        FileLock::try_take(&path).map_err(|source| fault::io("lock", &path, source))
    }

    fn busy(&self, uid: TenantUid) -> Error {
        let owner = file_lock::owner(&self.file_of(uid));
        let process = owner.map_or_else(
            || "another process".to_owned(),
            |pid| format!("process {pid}"),
        );
        Error::new(
            ErrorKind::Busy,
            format!("{process} is working on tenant `{uid}`"),
        )
        .with_remedy(format!(
            "repeat when {process} is done, or end it if it hangs"
        ))
    }

    fn file_of(&self, uid: TenantUid) -> PathBuf {
        self.path.join(format!("{uid}.{EXTENSION}"))
    }
}

const EXTENSION: &str = "lock";
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    #[tokio::test]
    async fn nobody_is_told_that_a_lock_is_held_because_the_sweeper_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let locks = LockDirectory::open(directory.path()).unwrap();
        let uid = TenantUid::new(pgs_core::Timestamp::from_millis(1));
        let sweeping = locks.gate().close().unwrap();
        assert!(timeout(Duration::ZERO, locks.try_lock(uid)).await.is_err());
        drop(sweeping);
        assert!(locks.try_lock(uid).await.unwrap().is_some());
    }
}
