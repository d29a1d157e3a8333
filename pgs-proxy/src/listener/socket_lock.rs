use super::UnixAddress;
use rustix::process::{Pid, test_kill_process};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// The file beside a Unix socket that tells whose it is, in `PostgreSQL`'s format: a server that wants the same socket
/// sees that it is taken, and the other way round.
///
/// Source: `src/backend/utils/init/miscinit.c`, `CreateLockFile`.
#[derive(Debug)]
pub(super) struct SocketLock {
    path: PathBuf,
    /// Kept open, so that no other file can come to have its number.
    file: File,
}

impl SocketLock {
    /// Makes it; one whose process is gone is replaced.
    pub(super) fn take(address: &UnixAddress) -> io::Result<Self> {
        let path = address.lock_path();
        let made = create(&path).or_else(|error| {
            if error.kind() != io::ErrorKind::AlreadyExists {
                return Err(error);
            }
            refuse_living_owner(&path)?;
            fs::remove_file(&path)?;
            create(&path)
        });
        let mut lock = Self { path, file: made? };
        lock.file.write_all(content(address).as_bytes())?;
        Ok(lock)
    }

    /// Makes it in the place of the one that there is, whosever that is.
    pub(super) fn adopt(address: &UnixAddress) -> io::Result<Self> {
        let path = address.lock_path();
        let fresh = path.with_extension(std::process::id().to_string());
        // What a killed process of the same number left would be in the way.
        let _ = fs::remove_file(&fresh);
        let mut file = create(&fresh)?;
        file.write_all(content(address).as_bytes())?;
        fs::rename(&fresh, &path)?;
        Ok(Self { path, file })
    }

    /// Whether nobody has adopted it.
    pub(super) fn is_own(&self) -> bool {
        let number = |found: io::Result<fs::Metadata>| found.ok().map(|found| found.ino());
        number(fs::metadata(&self.path)) == number(self.file.metadata())
    }
}

fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true).mode(0o600).open(path)
}

fn refuse_living_owner(path: &Path) -> io::Result<()> {
    let text = fs::read_to_string(path)?;
    let Some(owner) = owner(&text).filter(|owner| is_alive(*owner)) else {
        return Ok(());
    };
    Err(io::Error::new(
        io::ErrorKind::AddrInUse,
        format!(
            "process {} holds `{}`: stop it, or remove the file if that process is something else",
            owner.as_raw_nonzero(),
            path.display()
        ),
    ))
}

/// A lone backend of `PostgreSQL` writes its number negative.
fn owner(text: &str) -> Option<Pid> {
    let number: i32 = text.lines().next()?.trim().parse().ok()?;
    Pid::from_raw(number.checked_abs()?)
}

fn is_alive(owner: Pid) -> bool {
    let is_self = owner == rustix::process::getpid();
    !is_self && test_kill_process(owner) != Err(rustix::io::Errno::SRCH)
}

/// Process, folder of the data (there is none, so the socket's), start, port, folder of the socket.
fn content(address: &UnixAddress) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let (folder, port) = (address.folder().display(), address.port());
    format!(
        "{}\n{folder}\n{}\n{port}\n{folder}\n",
        std::process::id(),
        now.unwrap_or_default().as_secs(),
    )
}

impl Drop for SocketLock {
    fn drop(&mut self) {
        if !self.is_own() {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the socket's lock could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_a_living_process_is_respected() {
        let folder = tempfile::tempdir().unwrap();
        let address = UnixAddress::new(folder.path(), 5432);
        let parent = rustix::process::getppid().unwrap();
        fs::write(
            address.lock_path(),
            format!("{}\n", parent.as_raw_nonzero()),
        )
        .unwrap();
        let error = SocketLock::take(&address).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(address.lock_path().exists());
    }

    #[test]
    fn a_lock_that_says_nothing_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let address = UnixAddress::new(folder.path(), 5432);
        fs::write(address.lock_path(), "").unwrap();
        let lock = SocketLock::take(&address).unwrap();
        drop(lock);
        assert!(!address.lock_path().exists());
    }
}
