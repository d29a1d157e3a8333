//! Where downloaded programs are kept: the place pgs itself looks in.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A directory in the cache. Root's cache is one that the tenants' OS user can read.
pub(super) fn place(name: &str) -> Result<PathBuf> {
    Ok(root()?.join(name))
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
