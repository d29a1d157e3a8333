use pgs::{Error, Proxy, Result};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The proxy's address, written down for `pgs url` and its like as long as this value lives.
///
/// A successor writes its own over it, which then stays.
pub(super) struct WrittenAddress {
    path: PathBuf,
    /// Kept open, so that no other file can come to have its number.
    file: File,
}

impl WrittenAddress {
    pub(super) fn keep(path: PathBuf, proxy: &Proxy) -> Result<Self> {
        // There is always one, but for a socket of systemd's that has no name.
        let first = proxy.addresses().first().map(ToString::to_string);
        let file = write(&path, &(first.unwrap_or_default() + "\n"))
            .map_err(|cause| Error::io(format!("`{}` cannot be written", path.display()), cause))?;
        Ok(Self { path, file })
    }
}

/// Readers see the old text or the new one, never none.
fn write(path: &Path, text: &str) -> io::Result<File> {
    let fresh = path.with_extension(std::process::id().to_string());
    let mut file = File::create(&fresh)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&fresh, path)?;
    Ok(file)
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
