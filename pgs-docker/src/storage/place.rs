use crate::archive::Entry;
use pgs_core::{Password, PgMajor};

/// Where things are inside a tenant's container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where the volume is mounted: where the images of this major version have their `VOLUME`.
    pub(crate) root: &'static str,
    /// The data directory, below the volume's root.
    pub(crate) data_below: String,
}

impl Place {
    /// The images moved their volume with version 18. Before, it was the data directory itself; there, the data goes one
    /// level down, so that a mount point's own entries are not in its way and there is room for the files of pgs.
    pub(crate) fn of(major: PgMajor) -> Self {
        if major.number() >= 18 {
            Self {
                root: "/var/lib/postgresql",
                data_below: format!("{major}/docker"),
            }
        } else {
            Self {
                root: "/var/lib/postgresql/data",
                data_below: "pgdata".to_owned(),
            }
        }
    }

    /// The data directory (`PGDATA`).
    pub(crate) fn data(&self) -> String {
        format!("{}/{}", self.root, self.data_below)
    }

    /// A file of the data directory.
    pub(crate) fn in_data(&self, path: &str) -> String {
        format!("{}/{path}", self.data())
    }

    /// A file of ours in the volume's root. The directory is root's, so the server's user can neither read nor change it.
    pub(crate) fn own(&self, file: &str) -> String {
        format!("{}/{OWN}/{file}", self.root)
    }

    /// Whether the data was copied here and has not been written to the disk with certainty.
    pub(crate) fn unsynced(&self) -> String {
        format!("{}/{UNSYNCED}", self.root)
    }
}

/// What pgs keeps in a volume, with the mark that all the data is there last.
#[derive(Debug)]
pub(crate) struct OwnFiles<'a> {
    secret: &'a Password,
    paths: [String; 2],
}

pub(crate) fn own_files(secret: &Password) -> OwnFiles<'_> {
    OwnFiles {
        secret,
        paths: [SECRET, FILLED].map(|file| format!("{OWN}/{file}")),
    }
}

impl OwnFiles<'_> {
    /// As entries of an archive that is unpacked in the volume's root.
    pub(crate) fn entries(&self) -> [Entry<'_>; 3] {
        let [secret, filled] = &self.paths;
        let file = |path, content| Entry {
            path,
            content: Some(content),
            mode: 0o600,
        };
        [
            Entry {
                path: OWN,
                content: None,
                mode: 0o700,
            },
            file(secret, self.secret.reveal().as_bytes()),
            file(filled, b""),
        ]
    }
}

/// The directory of ours in the volume's root.
pub(crate) const OWN: &str = "pgs";
/// In it: all of the data directory was copied.
pub(crate) const FILLED: &str = "filled";
/// In it: the password of `pgs_admin`, for whoever lost the state directory and has the engine.
pub(crate) const SECRET: &str = "secret";
/// In the volume's root, where the server's user can take it away.
pub(crate) const UNSYNCED: &str = "pgs.unsynced";
/// The directory of the server's socket.
pub(crate) const SOCKET_DIR: &str = "/var/run/postgresql";
/// The server's port inside its container.
pub(crate) const PORT: u16 = 5432;
