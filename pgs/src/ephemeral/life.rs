use rustix::{
    fs::{FlockOperation, fcntl_lock},
    io::Errno,
};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The sign that somebody answers for a directory: a lock on a file in it, which ends with its process, however that ends.
///
/// It is a lock as POSIX has them (`man 2 fcntl`), which belongs to a process. One that belongs to an open file (`flock`)
/// would live on in a child that was forked and runs no other program, such as a worker of Python's `multiprocessing`.
/// In exchange, such a lock stops no one in its own process, and is gone once that process closes any descriptor of the
/// file. So the process remembers the files that it holds, and opens none of them a second time.
#[derive(Debug)]
pub(super) struct Life {
    /// None once it is over.
    file: Option<File>,
    identity: Identity,
}

impl Life {
    /// Makes the file in a new directory, and locks it.
    pub(super) fn begin(directory: &Path) -> io::Result<Self> {
        let mut held = held();
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(lock_file(directory))?;
        fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let identity = identity(&file.metadata()?);
        held.files.insert(identity);
        Ok(Self {
            file: Some(file),
            identity,
        })
    }

    /// Answers for a directory from now on; none where there is no such file, or somebody answers for it.
    ///
    /// The directory must be one that nobody else can write to.
    pub(super) fn take_over(directory: &Path) -> io::Result<Option<Self>> {
        let path = lock_file(directory);
        let mut held = held();
        let Some(identity) = found(&path)?.filter(|identity| !held.files.contains(identity)) else {
            return Ok(None);
        };
        let file = match File::options().write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::AGAIN | Errno::ACCESS) => return Ok(None),
            locked => locked?,
        }
        // Whoever had it may have deleted it meanwhile.
        if found(&path)? != Some(identity) {
            return Ok(None);
        }
        held.files.insert(identity);
        Ok(Some(Self {
            file: Some(file),
            identity,
        }))
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Nobody may lock it in between: the close would lift their lock.
        let mut held = held();
        held.files.remove(&self.identity);
        drop(self.file.take());
    }
}

/// Where the file is.
pub(super) fn lock_file(directory: &Path) -> PathBuf {
    directory.join("ephemeral.lock")
}

/// A file system and a file's number there.
type Identity = (u64, u64);

/// The files that this process holds.
struct Held {
    /// A child that was forked holds nothing of what its parent does.
    process: u32,
    files: BTreeSet<Identity>,
}

static HELD: Mutex<Held> = Mutex::new(Held {
    process: 0,
    files: BTreeSet::new(),
});

fn held() -> MutexGuard<'static, Held> {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if held.process != process {
        *held = Held {
            process,
            files: BTreeSet::new(),
        };
    }
    held
}

/// None where there is no regular file.
fn found(path: &Path) -> io::Result<Option<Identity>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => Ok(Some(found?)
            .filter(fs::Metadata::is_file)
            .map(|meta| identity(&meta))),
    }
}

fn identity(meta: &fs::Metadata) -> Identity {
    (meta.dev(), meta.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_taken_over_once_it_has_ended_and_by_one_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        assert!(Life::take_over(path).unwrap().is_none(), "nobody lived");
        let life = Life::begin(path).unwrap();
        assert!(Life::take_over(path).unwrap().is_none(), "it lives");
        assert!(is_locked(path), "and still holds its lock");
        drop(life);
        let heir = Life::take_over(path).unwrap();
        assert!(heir.is_some() && Life::take_over(path).unwrap().is_none());
        drop(heir);
        assert!(!is_locked(path));
    }

    #[test]
    fn what_is_no_file_has_no_life() {
        let (directory, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        drop(Life::begin(elsewhere.path()).unwrap());
        std::os::unix::fs::symlink(lock_file(elsewhere.path()), lock_file(directory.path()))
            .unwrap();
        assert!(Life::take_over(directory.path()).unwrap().is_none());
        assert!(Life::take_over(elsewhere.path()).unwrap().is_some());
    }

    /// Whether this process has a lock of the kind that no forked child inherits, as the kernel tells it.
    #[cfg(target_os = "linux")]
    fn is_locked(directory: &Path) -> bool {
        let inode = fs::metadata(lock_file(directory)).unwrap().ino();
        let process = std::process::id().to_string();
        let locks = fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields[1..4] == ["POSIX", "ADVISORY", "WRITE"]
                && fields[4] == process
                && fields[5].ends_with(&format!(":{inode}"))
        })
    }
}
