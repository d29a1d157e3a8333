use crate::output;
use pgs::Proxy;
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The proxy's address, written down for `pgs url` and its like as long as this value lives.
///
/// A successor writes its own over it, which then stays. Whoever is no successor leaves the file of a living process alone.
pub(super) struct WrittenAddress {
    path: PathBuf,
    /// Kept open, so that no other file can come to have its number, and locked, so that others see that its writer lives.
    file: File,
}

impl WrittenAddress {
    /// None where another process has the file, or where it cannot be written: the proxy serves by then, and no file is
    /// worth stopping it.
    pub(super) fn keep(path: PathBuf, proxy: &Proxy) -> Option<Self> {
        if proxy.predecessors().is_empty() && is_held(&path) {
            output::remark(
                "Another pgs serve runs on this state directory: `pgs url` and its like go on to name that one's address.",
            );
            return None;
        }
        // There is always one, but for a socket of systemd's that has no name.
        let first = proxy.addresses().first().map(ToString::to_string);
        let written = write(&path, &(first.unwrap_or_default() + "\n"));
        let warn = |error: &io::Error| {
            let path = path.display();
            tracing::warn!(%error, %path, "the proxy's address cannot be written: `pgs url` and its like may name another one");
        };
        let file = written.inspect_err(warn).ok()?;
        Some(Self { path, file })
    }
}

/// Whether the process that wrote it still lives.
fn is_held(path: &Path) -> bool {
    let found = File::open(path).map(|file| file.try_lock());
    matches!(found, Ok(Err(TryLockError::WouldBlock)))
}

/// Readers see the old text or the new one, never none.
fn write(path: &Path, text: &str) -> io::Result<File> {
    let fresh = path.with_extension(std::process::id().to_string());
    let mut file = File::create(&fresh)?;
    // Where files cannot be locked, the last one to write has it.
    let _ = file.try_lock();
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    written.map(|()| file)
}

impl Drop for WrittenAddress {
    fn drop(&mut self) {
        let number = |found: io::Result<fs::Metadata>| found.ok().map(|found| found.ino());
        if number(fs::metadata(&self.path)) != number(self.file.metadata()) {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "the proxy's written address could not be removed");
        }
    }
}
