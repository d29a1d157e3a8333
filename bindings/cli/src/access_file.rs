use pgs::{Error, Result};
use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::signal::unix::{SignalKind, signal};

/// The file that sessions are logged to. Whoever moves it away, as logrotate does, sends SIGHUP afterwards.
#[derive(Clone, Debug)]
pub(crate) struct AccessFile {
    path: PathBuf,
    file: Arc<Mutex<File>>,
    /// Whether the last line could not be written.
    fails: bool,
}

impl AccessFile {
    /// Opens it to append, making it if it is not there, readable by its owner and group.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = open(path).map_err(|cause| {
            Error::io(
                format!("the access log `{}` cannot be opened", path.display()),
                cause,
            )
        })?;
        Ok(Self {
            path: path.to_owned(),
            file: Arc::new(Mutex::new(file)),
            fails: false,
        })
    }

    /// Opens it anew at every SIGHUP, for as long as the process lives.
    pub(crate) fn follow_hangups(&self) -> Result<()> {
        let mut hangups = signal(SignalKind::hangup())
            .map_err(|cause| Error::io("signals cannot be received", cause))?;
        let file = self.clone();
        tokio::spawn(async move {
            while hangups.recv().await.is_some() {
                file.reopen();
            }
        });
        Ok(())
    }

    fn reopen(&self) {
        match open(&self.path) {
            Ok(file) => *self.file() = file,
            Err(error) => {
                tracing::error!(path = %self.path.display(), %error, "the access log cannot be opened again; the old file goes on");
            }
        }
    }

    /// Once for each time that it begins to fail, for instance on a full disk.
    fn tell(&mut self, written: &io::Result<usize>) {
        let path = self.path.display();
        match (written, self.fails) {
            (Err(error), false) => {
                tracing::error!(%path, %error, "the access log cannot be written; lines are lost until it can");
            }
            (Ok(_), true) => tracing::info!(%path, "the access log is written again"),
            _ => {}
        }
        self.fails = written.is_err();
    }

    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for AccessFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = self.file().write(line);
        self.tell(&written);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o640).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// `/dev/full` takes nothing, like a full disk.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_noticed_and_the_end_of_it_too() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("access.log");
        let mut log = AccessFile::open(&path).unwrap();
        *log.file() = File::options().write(true).open("/dev/full").unwrap();
        assert!(log.write_all(b"lost\n").is_err() && log.fails);
        log.reopen();
        log.write_all(b"kept\n").unwrap();
        assert!(!log.fails);
        assert_eq!(std::fs::read(&path).unwrap(), b"kept\n");
    }
}
