//! Files and directories that are still there, and whole, after a power cut.

use crate::{OsUser, failure::AtPath};
use pgs_core::{Error, Result};
use rustix::fs::OFlags;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown},
    path::{Path, PathBuf},
};

pub(crate) const PRIVATE_DIR: u32 = 0o700;
pub(crate) const PRIVATE_FILE: u32 = 0o600;

/// The same as [`write`], and nothing at all when the file says this already.
pub(crate) fn keep(path: &Path, text: &[u8], mode: u32, owner: Option<&OsUser>) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    write(path, text, mode, owner)
}

/// Writes a whole file in one step: readers see the old one or the new one.
pub(crate) fn write(path: &Path, text: &[u8], mode: u32, owner: Option<&OsUser>) -> Result<()> {
    let new = beside(path);
    write_new(&new, text, mode, owner).at("write", path)?;
    rename(&new, path)
}

/// Always a new file: in a directory of the servers' user, a link planted there is not followed.
fn write_new(path: &Path, text: &[u8], mode: u32, owner: Option<&OsUser>) -> io::Result<()> {
    unless_missing(fs::remove_file(path))?;
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(mode).open(path)?;
    if let Some(owner) = owner {
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    file.write_all(text)?;
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// Renames, and has both directories remember it.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).at("rename", from)?;
    sync(parent(to)?)?;
    if parent(from)? == parent(to)? {
        return Ok(());
    }
    sync(parent(from)?)
}

pub(crate) fn remove_file(path: &Path) -> Result<()> {
    unless_missing(fs::remove_file(path)).at("remove", path)?;
    sync(parent(path)?)
}

pub(crate) fn remove_tree(path: &Path) -> Result<()> {
    unless_missing(fs::remove_dir_all(path)).at("remove", path)?;
    sync(parent(path)?)
}

pub(crate) fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Makes a directory with this mode and owner, whatever the umask is; one that is there gets them too.
pub(crate) fn directory(path: &Path, mode: u32, owner: Option<&OsUser>) -> Result<()> {
    if is_directory_of(path, mode, owner) {
        return Ok(());
    }
    let outcome = DirBuilder::new().mode(PRIVATE_DIR).create(path);
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        outcome => outcome.at("make the directory", path)?,
    }
    if let Some(owner) = owner {
        lchown(path, Some(owner.uid()), Some(owner.gid())).at("give away", path)?;
    }
    fs::set_permissions(path, Permissions::from_mode(mode)).at("open", path)?;
    sync(parent(path)?)
}

fn is_directory_of(path: &Path, mode: u32, owner: Option<&OsUser>) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| {
        let right = meta.is_dir() && meta.mode() & MODE_BITS == mode;
        right && owner.is_none_or(|owner| meta.uid() == owner.uid() && meta.gid() == owner.gid())
    })
}

/// Writes a file's contents, or a directory's entries, to the disk.
pub(crate) fn sync(path: &Path) -> Result<()> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .at("write to disk", path)
}

/// Whether something is at a path. Only what is certain to be missing is: what cannot be looked at may be there.
pub(crate) fn is_there(path: &Path) -> Result<bool> {
    match path.try_exists() {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        looked => looked.at("look at", path),
    }
}

/// Opens a file where others may plant things: what is no regular file is refused, and no link is followed.
pub(crate) fn open_file(path: &Path, options: &OpenOptions) -> io::Result<File> {
    // Opening a pipe would wait for its other end.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = options.clone().custom_flags(bits(flags)).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        "it is not a regular file",
    ))
}

/// The same for a directory.
pub(crate) fn open_directory(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::DIRECTORY;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(bits(flags)).open(path)
}

fn bits(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

fn parent(path: &Path) -> Result<&Path> {
    path.parent()
        .ok_or_else(|| Error::internal(format!("`{}` has no parent", path.display())))
}

const MODE_BITS: u32 = 0o7777;
