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

    fn file(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for AccessFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.file().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o640).open(path)
}
