//! Where downloaded programs are kept: the place pgs itself looks in.

use std::env;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A directory's path in the cache, which is made here so that it is one the tenants' OS user can enter.
pub(super) fn place(name: &str) -> Result<PathBuf> {
    let root = root()?;
    make(&root)
        .with_context(|| format!("cannot make {}: let your user write there", root.display()))?;
    Ok(root.join(name))
}

/// Whatever root's umask is.
fn make(root: &Path) -> io::Result<()> {
    if root.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(root)?;
    fs::set_permissions(root, Permissions::from_mode(0o755))
}

fn root() -> Result<PathBuf> {
    if is_root() {
        return Ok(PathBuf::from("/var/cache/pgs"));
    }
    let absolute = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_CACHE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("pgs"))
        .context("there is no cache directory: set HOME or XDG_CACHE_HOME to an absolute path")
}
