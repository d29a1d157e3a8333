use pgs_core::catalog::TenantLock;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// An OS lock on a file, which holds its owner's process id and goes when the lock is let go.
///
/// Whoever deletes the file holds the lock on it, and whoever gets the lock looks whether the path still leads to the
/// file that was locked. So two never hold the lock of one path, though each may hold one of a deleted file for a moment.
#[derive(Debug)]
pub(crate) struct FileLock {
    file: File,
    path: PathBuf,
}

impl FileLock {
    /// The lock, unless somebody has it.
    pub(crate) fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600);
        let Some(lock) = Self::try_lock(path, &options)? else {
            return Ok(None);
        };
        // For people and error messages only.
        let _ = lock.write_owner();
        Ok(Some(lock))
    }

    /// Deletes the file of a lock whose owner was killed.
    pub(crate) fn sweep(path: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        match Self::try_lock(path, options.read(true).write(true)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done.map(drop),
        }
    }

    fn try_lock(path: &Path, options: &OpenOptions) -> io::Result<Option<Self>> {
        loop {
            let file = options.open(path)?;
            match file.try_lock() {
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if leads_to(path, &file)? => return Ok(None),
                Ok(()) if leads_to(path, &file)? => {
                    let path = path.to_owned();
                    return Ok(Some(Self { file, path }));
                }
                _ => {}
            }
        }
    }

    /// Over what a killed owner left, in the same width: truncating would make ext4 write the file out at closing.
    fn write_owner(&self) -> io::Result<()> {
        let pid = std::process::id();
        (&self.file).write_all(format!("{pid:10}\n").as_bytes())
    }
}

fn leads_to(path: &Path, file: &File) -> io::Result<bool> {
    let file = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (file.dev(), file.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Who has the lock, as far as can be told.
pub(crate) fn owner(path: &Path) -> Option<u32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if leads_to(&self.path, &self.file).unwrap_or(false) {
            let _ = fs::remove_file(&self.path);
        }
        // Closing alone does not let go while a child that is just being spawned has a copy of the descriptor.
        let _ = self.file.unlock();
    }
}

impl TenantLock for FileLock {}
