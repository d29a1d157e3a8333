use super::{durable, home::Home};
use crate::failure::AtPath;
use pgs_core::{Password, Result};
use std::{fs, io, path::Path};

/// The passwords of `pgs_admin` in one tenant's server.
#[derive(Debug)]
pub(crate) struct Secrets {
    /// The one that is to hold.
    pub(crate) own: Password,
    /// The template's, as long as it is not known to have been replaced.
    pub(crate) inherited: Option<Password>,
}

impl Secrets {
    /// Writes both. The own one comes last: with it there, both are.
    pub(crate) fn make(home: &Home, inherited: &Password) -> Result<()> {
        let directory = home.secrets();
        durable::directory(&directory, durable::PRIVATE_DIR, None)?;
        write(&directory.join(INHERITED), inherited)?;
        write(&directory.join(OWN), &Password::generate())
    }

    pub(crate) fn read(home: &Home) -> Result<Self> {
        let directory = home.secrets();
        let inherited = directory.join(INHERITED);
        Ok(Self {
            own: read(&directory.join(OWN))?,
            inherited: if fs::exists(&inherited).at("look at", &inherited)? {
                Some(read(&inherited)?)
            } else {
                None
            },
        })
    }

    /// The server no longer knows the template's password.
    pub(crate) fn forget_inherited(home: &Home) -> Result<()> {
        durable::remove_file(&home.secrets().join(INHERITED))
    }
}

pub(crate) fn write(path: &Path, secret: &Password) -> Result<()> {
    durable::write(
        path,
        secret.reveal().as_bytes(),
        durable::PRIVATE_FILE,
        None,
    )
}

pub(crate) fn read(path: &Path) -> Result<Password> {
    let text = fs::read_to_string(path).at("read", path)?;
    text.parse()
        .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
        .at("understand", path)
}

const OWN: &str = "pgs_admin";
const INHERITED: &str = "template";
