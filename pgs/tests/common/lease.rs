use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

/// A share in a directory that all tests of one run have together, in whichever process they are.
///
/// nextest runs every test in a process of its own; this is how they share servers nevertheless. Whoever gives back the
/// last share takes everything down. The shares are locks, so they end with their processes.
#[derive(Debug)]
pub(crate) struct Lease {
    directory: PathBuf,
    lock: File,
}

impl Lease {
    /// A share in the directory of this run and this name.
    pub(crate) fn take(name: &str) -> Self {
        let run = std::env::var("NEXTEST_RUN_ID").unwrap_or(std::process::id().to_string());
        // Its last part is random enough, and a socket's path has to be short.
        let run = run.rsplit('-').next().unwrap_or_default();
        let directory = std::env::temp_dir().join(format!("{PREFIX}{run}{name}"));
        loop {
            let path = directory.with_extension(LOCK);
            let lock = File::options()
                .create(true)
                .append(true)
                .open(&path)
                .unwrap();
            lock.lock_shared().unwrap();
            if is_still(&lock, &path) {
                let mode = if rustix::process::geteuid().is_root() {
                    0o711
                } else {
                    0o700
                };
                let mut maker = fs::DirBuilder::new();
                maker.recursive(true).mode(mode).create(&directory).unwrap();
                return Self { directory, lock };
            }
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Gives the share back. If nobody has another one, `take_down` gets the directory, which is removed afterwards.
    pub(crate) fn give_back(&self, take_down: impl FnOnce(&Path)) {
        match self.lock.try_lock() {
            Ok(()) => {
                take_down(&self.directory);
                let _ = fs::remove_dir_all(&self.directory);
                let _ = fs::remove_file(self.directory.with_extension(LOCK));
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => panic!("the stage's lock: {error}"),
        }
    }

    /// The directories of runs that were killed: their shares are gone, but nobody has taken them down.
    pub(crate) fn abandoned() -> Vec<Self> {
        let entries = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
        let paths = entries.map(|entry| entry.path());
        let locks = paths.filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(PREFIX) && path.extension().is_some_and(|extension| extension == LOCK)
        });
        let abandoned = locks.filter_map(|path| {
            let lock = File::open(&path).ok()?;
            lock.try_lock().ok().filter(|()| is_still(&lock, &path))?;
            let directory = path.with_extension("");
            Some(Self { directory, lock })
        });
        abandoned.collect()
    }
}

/// Whoever took the last stage down removed its lock, too.
fn is_still(lock: &File, path: &Path) -> bool {
    let (Ok(held), Ok(there)) = (lock.metadata(), fs::metadata(path)) else {
        return false;
    };
    (held.dev(), held.ino()) == (there.dev(), there.ino())
}

/// Does this work once in this run, whichever process gets there first; the others wait.
pub(crate) fn once(directory: &Path, name: &str, work: impl FnOnce()) {
    let done = directory.join(format!("{name}.done"));
    let lock = File::create(directory.join(format!("{name}.{LOCK}"))).unwrap();
    lock.lock().unwrap();
    if !done.exists() {
        work();
        File::create(done).unwrap();
    }
}

const PREFIX: &str = "pgs-stage-";
const LOCK: &str = "lock";
