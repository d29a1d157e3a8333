use crate::fault;
use pgs_core::{Error, ErrorKind, Result};
use std::{
    fs::{File, TryLockError},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

/// The way into a directory of lock files: an OS lock on the directory itself.
///
/// Taking or trying a lock passes through it, for microseconds. Setting up and sweeping close it, for milliseconds, so
/// that nobody mistakes the sweeper for the owner of a lock, and one process at a time sets up the catalogue.
#[derive(Debug)]
pub(crate) struct Gate(PathBuf);

/// Kept until dropped.
#[derive(Debug)]
pub(crate) struct Passage(File);

impl Gate {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// A way through, as soon as the gate is open.
    pub(crate) async fn pass(&self) -> Result<Passage> {
        let started = Instant::now();
        loop {
            if let Some(passage) = self.enter(File::try_lock_shared, started)? {
                return Ok(passage);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until everybody is through, blocking, and lets nobody pass.
    pub(crate) fn close(&self) -> Result<Passage> {
        let started = Instant::now();
        loop {
            if let Some(passage) = self.enter(File::try_lock, started)? {
                return Ok(passage);
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    fn enter(
        &self,
        lock: fn(&File) -> Result<(), TryLockError>,
        started: Instant,
    ) -> Result<Option<Passage>> {
        let failed = |source| fault::io("lock", &self.0, source);
        let file = File::open(&self.0).map_err(failed)?;
        match lock(&file) {
            Ok(()) => Ok(Some(Passage(file))),
            Err(TryLockError::WouldBlock) if started.elapsed() >= PATIENCE => Err(self.stuck()),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    fn stuck(&self) -> Error {
        let (directory, seconds) = (self.0.display(), PATIENCE.as_secs());
        Error::new(
            ErrorKind::Busy,
            format!("another process has kept `{directory}` locked for {seconds} seconds"),
        )
        .with_remedy(format!(
            "find it with `lsof {directory}`, and end it if it hangs"
        ))
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        // As for a lock's file: closing alone may come too late.
        let _ = self.0.unlock();
    }
}

const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(2);
