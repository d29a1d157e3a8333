//! Files of the host that are still there, and whole, after a power cut.

use pgs_core::{Error, Result};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Names what was done to which path, so that a full disk or a missing right can be found.
pub(crate) trait AtPath<T> {
    fn at(self, doing: &str, path: &Path) -> Result<T>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, doing: &str, path: &Path) -> Result<T> {
        self.map_err(|error| Error::io(format!("cannot {doing} `{}`", path.display()), error))
    }
}

/// Runs work that blocks where it holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::internal("a thread of the provisioner died").with_source(error))?
}

/// Holds a lock between threads and between processes; it ends with its holder.
pub(crate) async fn lock(path: PathBuf) -> Result<File> {
    blocking(move || {
        let file = File::create(&path).at("make", &path)?;
        file.lock().at("lock", &path)?;
        Ok(file)
    })
    .await
}

/// Makes a directory with this mode, whatever the umask is; one that is there gets it too.
pub(crate) fn directory(path: &Path, mode: u32) -> Result<()> {
    match DirBuilder::new().mode(PRIVATE_DIR).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        outcome => outcome.at("make the directory", path)?,
    }
    fs::set_permissions(path, Permissions::from_mode(mode)).at("open", path)?;
    sync_parent(path)
}

/// Writes a whole file, readable by its owner only, in one step: readers see the old one or the new one.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    write_new(&new, content).at("write", path)?;
    fs::rename(&new, path).at("rename", &new)?;
    sync_parent(path)
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(PRIVATE_FILE)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The contents; none where there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        content => content.at("read", path).map(Some),
    }
}

/// Removes a file; none there is fine.
pub(crate) fn remove(path: &Path) -> Result<()> {
    unless_missing(fs::remove_file(path)).at("remove", path)
}

/// Removes a directory with all that is in it; none there is fine.
pub(crate) fn remove_tree(path: &Path) -> Result<()> {
    unless_missing(fs::remove_dir_all(path)).at("remove", path)?;
    sync_parent(path)
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    match File::open(parent) {
        // What is gone with its parent needs no remembering.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        opened => opened
            .and_then(|file| file.sync_all())
            .at("write to disk", parent),
    }
}

pub(crate) const PRIVATE_DIR: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
