use super::{durable, layout};
use crate::failure::AtPath;
use pgs_core::{Endpoint, Result, TenantUid, provision::Marker};
use std::path::{Path, PathBuf};

/// The directory of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    uid: TenantUid,
    root: PathBuf,
}

impl Home {
    pub(crate) fn new(uid: TenantUid, root: PathBuf) -> Self {
        Self { uid, root }
    }

    pub(crate) fn uid(&self) -> TenantUid {
        self.uid
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The data directory while it is being made.
    pub(crate) fn unfinished_data(&self) -> PathBuf {
        self.root.join("data.new")
    }

    /// A template for this tenant alone.
    pub(crate) fn unshared(&self) -> PathBuf {
        self.root.join("template")
    }

    /// The directory of the socket.
    pub(crate) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.root.join(layout::SOCKET)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::Unix(self.socket())
    }

    pub(crate) fn log_dir(&self) -> PathBuf {
        self.root.join("log")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.log_dir().join("postgres.log")
    }

    pub(crate) fn secrets(&self) -> PathBuf {
        self.root.join("secrets")
    }

    pub(crate) fn label(&self) -> PathBuf {
        self.root.join("label.json")
    }

    /// Whether there is a directory.
    pub(crate) fn is_there(&self) -> Result<bool> {
        durable::is_there(&self.root)
    }

    pub(crate) fn is_labelled(&self) -> Result<bool> {
        durable::is_there(&self.label())
    }

    pub(crate) fn marker(&self) -> Result<Marker> {
        if durable::is_there(&self.completion())? {
            Ok(Marker::Complete)
        } else {
            Ok(Marker::Pending)
        }
    }

    /// Written last: without it, everything here is debris.
    pub(crate) fn complete(&self) -> Result<()> {
        durable::write(&self.completion(), b"", durable::PRIVATE_FILE, None)
    }

    fn completion(&self) -> PathBuf {
        self.root.join("complete")
    }

    /// Moves this directory, durably.
    pub(crate) fn rename_to(&self, other: &Self) -> Result<()> {
        durable::rename(&self.root, &other.root)
    }

    /// Moves whatever is here aside, since it carries no label of ours.
    pub(crate) fn move_aside(&self) -> Result<()> {
        let aside = (1..).map(|n| self.root.with_file_name(format!("{}.aside-{n}", self.uid)));
        for path in aside {
            if !path.try_exists().at("look at", &path)? {
                tracing::warn!(found = %self.root.display(), moved_to = %path.display(), "something unlabelled was in the way");
                return durable::rename(&self.root, &path);
            }
        }
        Ok(())
    }
}
