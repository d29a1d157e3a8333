use super::durable;
use crate::{OsUser, failure::AtPath};
use pgs_cluster::{ControlFile, SystemIdentifier};
use pgs_core::{Error, ErrorKind, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Whether the server of this data directory was shut down in order.
pub(crate) fn is_shut_down(data: &Path) -> Result<bool> {
    Ok(read(data)?.is_shut_down())
}

/// Gives a copied cluster an identity of its own.
pub(crate) fn reidentify(data: &Path, owner: Option<&OsUser>) -> Result<()> {
    let bytes = read(data)?.reidentified(SystemIdentifier::generate());
    durable::write(&path(data), &bytes, durable::PRIVATE_FILE, owner)
}

fn read(data: &Path) -> Result<ControlFile> {
    let path = path(data);
    let bytes = fs::read(&path).at("read", &path)?;
    ControlFile::parse(bytes).ok_or_else(|| {
        Error::new(
            ErrorKind::Corrupt,
            format!("the control file `{}` is damaged", path.display()),
        )
    })
}

fn path(data: &Path) -> PathBuf {
    data.join(ControlFile::PATH)
}
