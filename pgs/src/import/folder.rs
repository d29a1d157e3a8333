use pgs_core::{Error, ErrorKind, Result};
use std::{
    io,
    path::{Path, PathBuf},
};

/// The folder that the old tool works in, as text.
///
/// Its Debug output leaves the text out, since there are passwords in it.
#[derive(Clone)]
#[non_exhaustive]
pub struct OldFolder {
    /// Where it is.
    pub path: PathBuf,
    /// The name of its Compose file, such as `docker-compose.yml`.
    pub compose_name: String,
    /// What that says.
    pub compose: String,
    /// What `tenant-access.json` says, if it is there.
    pub access: Option<String>,
}

impl OldFolder {
    /// Reads the folder's files; it need not have a `tenant-access.json`.
    pub fn read(path: &Path) -> Result<Self> {
        let folder = path
            .canonicalize()
            .map_err(|source| unreadable(path, source))?;
        for name in COMPOSE_FILES {
            if let Some(compose) = text(&folder.join(name))? {
                return Ok(Self {
                    compose_name: name.to_owned(),
                    compose,
                    access: text(&folder.join(ACCESS_FILE))?,
                    path: folder,
                });
            }
        }
        Err(Error::new(
            ErrorKind::NotFound,
            format!("`{}` has no docker-compose.yml", path.display()),
        )
        .with_remedy("name the folder where the old tool keeps that file"))
    }
}

impl std::fmt::Debug for OldFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OldFolder")
            .field("path", &self.path)
            .field("compose_name", &self.compose_name)
            .finish_non_exhaustive()
    }
}

fn text(file: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => text.map(Some).map_err(|source| unreadable(file, source)),
    }
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::io(format!("`{}` cannot be read", path.display()), source)
}

/// In the order in which Compose looks for them.
const COMPOSE_FILES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];
pub(super) const ACCESS_FILE: &str = "tenant-access.json";
