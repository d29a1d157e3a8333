use crate::{Config, Pgs, config::is_root};
use pgs_core::{Error, Result, TenantRecord};
use std::{fs::Permissions, ops::Deref, os::unix::fs::PermissionsExt};
use tempfile::TempDir;

/// A throw-away manager in a temporary directory: what a test suite wants.
///
/// [`close`](Ephemeral::close) stops and deletes everything. Dropping it does the same from a thread of its own, and
/// waits for that.
///
/// ```no_run
/// # async fn example() -> pgs::Result<()> {
/// let pgs = pgs::ephemeral().await?;
/// let created = pgs.create("acme".parse()?, pgs::TenantSpec::default()).await?;
/// pgs.enable(&created.id).await?;
/// pgs.close().await
/// # }
/// ```
#[derive(Debug)]
pub struct Ephemeral {
    pgs: Pgs,
    config: Config,
    directory: Option<TempDir>,
}

/// Opens a throw-away manager over the local provisioner.
pub async fn ephemeral() -> Result<Ephemeral> {
    ephemeral_with(Config::default()).await
}

/// Opens a throw-away manager with this configuration, but for its state directory.
pub async fn ephemeral_with(mut config: Config) -> Result<Ephemeral> {
    // As a state directory is made: servers may have to pass through as another OS user.
    let mode = if is_root() { 0o711 } else { 0o700 };
    let directory = tempfile::Builder::new()
        .prefix("pgs-")
        .permissions(Permissions::from_mode(mode))
        .tempdir()
        .map_err(|source| Error::io("a temporary directory cannot be made", source))?;
    config.state_dir = Some(directory.path().to_owned());
    Ok(Ephemeral {
        pgs: Pgs::open(&config).await?,
        config,
        directory: Some(directory),
    })
}

impl Ephemeral {
    /// Stops every server and deletes everything.
    pub async fn close(mut self) -> Result<()> {
        purge_all(&self.pgs).await?;
        match self.directory.take() {
            Some(directory) => directory
                .close()
                .map_err(|source| Error::io("the temporary directory cannot be deleted", source)),
            None => Ok(()),
        }
    }
}

impl Deref for Ephemeral {
    type Target = Pgs;

    fn deref(&self) -> &Pgs {
        &self.pgs
    }
}

impl Drop for Ephemeral {
    fn drop(&mut self) {
        let Some(directory) = self.directory.take() else {
            return;
        };
        let config = self.config.clone();
        // A thread of its own, since a runtime may neither be blocked from inside nor be there at all. The parts of the
        // open manager belong to the caller's runtime, so the thread opens the directory anew.
        let purged = std::thread::spawn(move || match purge_directory(&config) {
            Ok(()) => {}
            Err(error) => {
                // Servers may still run in it, so it stays for somebody to look at.
                let left = directory.keep();
                tracing::error!(left = %left.display(), error = %error.chain(), "a throw-away manager could not be taken down");
            }
        });
        if purged.join().is_err() {
            tracing::error!("taking down a throw-away manager ended without an answer");
        }
    }
}

fn purge_directory(config: &Config) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::io("a runtime for the take-down cannot be made", source))?;
    runtime.block_on(async { purge_all(&Pgs::open(config).await?).await })
}

/// Takes down as much as can be; the first failure is the answer.
async fn purge_all(pgs: &Pgs) -> Result<()> {
    let mut outcome = Ok(());
    for record in pgs.list().await?.iter().chain(&pgs.list_trash().await?) {
        outcome = outcome.and(purge(pgs, record).await);
    }
    outcome
}

async fn purge(pgs: &Pgs, record: &TenantRecord) -> Result<()> {
    if record.protected {
        pgs.unprotect(&record.id).await?;
    }
    pgs.purge_uid(record.uid).await
}
