use pgs_core::{Error, Result};
use std::{io, path::Path};

/// Names what was done to which path, so that a full disk or a missing right can be found.
pub(crate) trait AtPath<T> {
    fn at(self, doing: &str, path: &Path) -> Result<T>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, doing: &str, path: &Path) -> Result<T> {
        self.map_err(|error| Error::io(format!("cannot {doing} `{}`", path.display()), error))
    }
}

impl<T> AtPath<T> for rustix::io::Result<T> {
    fn at(self, doing: &str, path: &Path) -> Result<T> {
        self.map_err(io::Error::from).at(doing, path)
    }
}

/// Runs work that blocks, such as copying a tree, where it holds nobody up.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::internal("a thread of the provisioner died").with_source(error))?
}
