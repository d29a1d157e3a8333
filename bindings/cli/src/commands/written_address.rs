use pgs::{Error, Proxy, Result};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The proxy's address, written down for `pgs url` and its like as long as this value lives.
///
/// A successor writes its own over it, which then stays.
pub(super) struct WrittenAddress {
    path: PathBuf,
    inode: u64,
}

impl WrittenAddress {
    pub(super) fn keep(path: PathBuf, proxy: &Proxy) -> Result<Self> {
        let inode = write(&path, &format!("{}\n", proxy.address()))
            .map_err(|cause| Error::io(format!("`{}` cannot be written", path.display()), cause))?;
        Ok(Self { path, inode })
    }
}

/// Readers see the old text or the new one, never none.
fn write(path: &Path, text: &str) -> std::io::Result<u64> {
    let fresh = path.with_extension(std::process::id().to_string());
    fs::write(&fresh, text)?;
    let inode = fs::metadata(&fresh)?.ino();
    fs::rename(&fresh, path)?;
    Ok(inode)
}

impl Drop for WrittenAddress {
    fn drop(&mut self) {
        let still_own = fs::metadata(&self.path).is_ok_and(|found| found.ino() == self.inode);
        if !still_own {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "the proxy's written address could not be removed");
        }
    }
}
