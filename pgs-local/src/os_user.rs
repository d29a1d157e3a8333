use pgs_core::{Error, ErrorKind, Result};
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The operating system's user that the servers run as when pgs runs as root, which `PostgreSQL` refuses to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsUser {
    name: String,
    uid: u32,
    gid: u32,
}

impl OsUser {
    /// The one to use here: none when pgs does not run as root, otherwise the named one, `pgs` or `postgres`.
    pub fn choose(named: Option<&str>) -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let candidates = named.map_or(vec!["pgs", "postgres"], |name| vec![name]);
        for name in &candidates {
            if let Some(user) = Self::look_up(name)? {
                return user.unless_root().map(Some);
            }
        }
        Err(missing(&candidates))
    }

    fn look_up(name: &str) -> Result<Option<Self>> {
        let found = nix::unistd::User::from_name(name).map_err(|error| {
            Error::io(format!("cannot look up the user `{name}`"), error.into())
        })?;
        Ok(found.map(|user| Self {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        }))
    }

    fn unless_root(self) -> Result<Self> {
        if self.uid != 0 {
            return Ok(self);
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "PostgreSQL refuses to run as `{}`, which is root",
                self.name
            ),
        )
        .with_remedy("name an unprivileged user"))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn uid(&self) -> u32 {
        self.uid
    }

    pub(crate) fn gid(&self) -> u32 {
        self.gid
    }

    /// Fails, with the directory's name, when this user cannot get to a directory. Access control lists are not looked at.
    pub(crate) fn must_reach(&self, directory: &Path) -> Result<()> {
        let closed = directory
            .ancestors()
            .find(|ancestor| !self.may_enter(ancestor));
        closed.map_or(Ok(()), |closed| Err(self.shut_out(closed)))
    }

    fn may_enter(&self, directory: &Path) -> bool {
        let Ok(meta) = fs::metadata(directory) else {
            return true; // What is not there yet is made with the right mode.
        };
        let needed = if meta.uid() == self.uid {
            0o100
        } else if meta.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        meta.mode() & needed != 0
    }

    fn shut_out(&self, directory: &Path) -> Error {
        let (user, directory) = (&self.name, directory.display());
        Error::new(
            ErrorKind::PermissionDenied,
            format!("the servers' user `{user}` cannot enter the directory `{directory}`"),
        )
        .with_remedy(format!("chmod a+x {directory}, or use another directory"))
    }
}

fn missing(names: &[&str]) -> Error {
    let names = names.join("` nor `");
    Error::new(
        ErrorKind::MissingDependency,
        format!("PostgreSQL refuses to run as root, and there is no user `{names}` to run it as"),
    )
    .with_remedy("useradd --system --no-create-home --shell /usr/sbin/nologin pgs")
}

/// The absolute path, symbolic links resolved as far as there is something.
pub(crate) fn real(path: &Path) -> Result<PathBuf> {
    use crate::failure::AtPath;
    let path = std::path::absolute(path).at("resolve", path)?;
    let there = path.ancestors().find_map(|ancestor| {
        let real = ancestor.canonicalize().ok()?;
        Some(real.join(path.strip_prefix(ancestor).ok()?))
    });
    Ok(there.unwrap_or(path))
}
