use super::{
    Place, kept,
    manager::{purge_directory, remove},
    place::remove_unnamed,
};
use pgs_core::Result;
use std::{io, path::Path, thread, time::Duration};
use tokio::{sync::oneshot, time::timeout};

/// Takes down the throw-away managers whose processes were killed, as far as that is quick; the rest goes on by itself.
///
/// What fails is a warning: it is not this manager's.
pub(super) async fn sweep(base: &Path) {
    let base = base.to_owned();
    let (working, done) = oneshot::channel::<()>();
    let worker = thread::Builder::new()
        .name("pgs-sweep".to_owned())
        .spawn(move || {
            take_down_all(&base);
            drop(working);
        });
    if let Err(error) = worker {
        tracing::warn!(%error, "nobody looks for throw-away managers of killed processes");
    } else if timeout(PATIENCE, done).await.is_err() {
        tracing::warn!("throw-away managers of killed processes are still being taken down");
    }
}

fn take_down_all(base: &Path) {
    match Place::left_behind(base) {
        Ok(left) => left.into_iter().for_each(take_down_or_warn),
        Err(error) => not_looked_through(base, &error),
    }
    if let Err(error) = remove_unnamed(base) {
        not_looked_through(base, &error);
    }
}

fn not_looked_through(base: &Path, error: &io::Error) {
    tracing::warn!(base = %base.display(), %error, "what throw-away managers left behind could not be cleared");
}

fn take_down_or_warn(place: Place) {
    let path = place.path().to_owned();
    match take_down(place) {
        Ok(()) => {
            tracing::info!(path = %path.display(), "took down the throw-away manager of a killed process");
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), error = %error.chain(), "the throw-away manager of a killed process could not be taken down");
        }
    }
}

fn take_down(place: Place) -> Result<()> {
    purge_directory(&kept::read(place.path())?)?;
    remove(place)
}

/// For somebody who wants a new one.
const PATIENCE: Duration = Duration::from_secs(10);
