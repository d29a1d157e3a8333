use super::{Place, sweep::sweep};
use crate::{Config, Pgs};
use pgs_core::{Error, ErrorKind, Result, TenantRecord};
use std::ops::Deref;

/// A throw-away manager in a temporary directory: what a test suite wants.
///
/// [`close`](Ephemeral::close) stops and deletes everything. Dropping it does the same from a thread of its own, and
/// waits for that.
///
/// A process that is killed can do neither. Its servers go on, and its directory stays, until the same OS user makes the
/// next throw-away manager in the same temporary directory: that one takes them down first, containers included, and does
/// not wait for more than ten seconds for it. What cannot be taken down is a warning in the log, and is tried again the
/// next time. A manager whose process lives is left alone, whatever it is busy with: the process holds a lock on
/// `ephemeral.lock` in its directory, which ends with the process and which no forked child inherits. Nothing is touched
/// that another user could have put there.
///
/// In a forked child, dropping the parent's does nothing.
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
    place: Option<Place>,
    process: u32,
}

/// Opens a throw-away manager over the local provisioner.
///
/// It first takes down what killed processes left of theirs; see [`Ephemeral`].
pub async fn ephemeral() -> Result<Ephemeral> {
    ephemeral_with(Config::default()).await
}

/// Opens a throw-away manager with this configuration, but for its state directory.
///
/// It first takes down what killed processes left of theirs; see [`Ephemeral`].
pub async fn ephemeral_with(mut config: Config) -> Result<Ephemeral> {
    let base = std::env::temp_dir();
    sweep(&base).await;
    let place = Place::make(&base, &config)?;
    config.state_dir = Some(place.path().to_owned());
    match Pgs::open(&config).await {
        Ok(pgs) => Ok(Ephemeral {
            pgs,
            config,
            place: Some(place),
            process: std::process::id(),
        }),
        Err(error) => {
            remove(place)?;
            Err(error)
        }
    }
}

impl Ephemeral {
    /// Stops every server and deletes everything.
    pub async fn close(mut self) -> Result<()> {
        purge_all(&self.pgs).await?;
        self.place.take().map_or(Ok(()), remove)
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
        let Some(place) = self.place.take() else {
            return;
        };
        if self.process != std::process::id() {
            return;
        }
        let config = self.config.clone();
        // A thread of its own, since a runtime may neither be blocked from inside nor be there at all. The parts of the
        // open manager belong to the caller's runtime, so the thread opens the directory anew.
        let taken_down = std::thread::spawn(move || {
            // Servers may still run in it, so it stays for the next manager to take down.
            let left = place.path().to_owned();
            let outcome = purge_directory(&config).and_then(|()| remove(place));
            if let Err(error) = outcome {
                tracing::error!(left = %left.display(), error = %error.chain(), "a throw-away manager could not be taken down");
            }
        });
        if taken_down.join().is_err() {
            tracing::error!("taking down a throw-away manager ended without an answer");
        }
    }
}

/// Opens a directory and takes down what is in it.
pub(super) fn purge_directory(config: &Config) -> Result<()> {
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
    let purged = async {
        if record.protected {
            pgs.unprotect(&record.id).await?;
        }
        pgs.purge_uid(record.uid).await
    };
    match purged.await {
        // Somebody was faster.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        purged => purged,
    }
}

pub(super) fn remove(place: Place) -> Result<()> {
    place
        .remove()
        .map_err(|source| Error::io("the temporary directory cannot be deleted", source))
}
