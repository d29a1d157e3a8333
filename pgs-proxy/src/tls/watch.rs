//! Looks at the files again when something happens in their directories.
//!
//! The directories, not the files: a file is usually replaced by another one of the same name, and in a volume of
//! Kubernetes only a link two steps away is. What is said about them is a hint and no more: the contents decide.

use super::{Reload, TlsServer};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::{
    collections::BTreeSet,
    convert::Infallible,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{Instant, timeout, timeout_at},
};

pub(super) async fn watch(server: &TlsServer) -> Infallible {
    let mut hints = Hints::of(&directories(server));
    let mut told = Vec::new();
    loop {
        hints.next(Instant::now() + WITHOUT_HINT).await;
        let reload = settle(server, &mut hints).await;
        let faults: Vec<_> = reload.faults.iter().map(pgs_core::Error::chain).collect();
        if !reload.replaced.is_empty() || faults != told {
            reload.tell();
        }
        told = faults;
    }
}

/// A pair is written one file after the other, and until then its halves do not fit together: that is no fault yet.
async fn settle(server: &TlsServer, hints: &mut Hints) -> Reload {
    let patience = Instant::now() + PATIENCE;
    let mut replaced = Vec::new();
    loop {
        hints.quiet().await;
        let server = server.clone();
        let mut reload = spawn_blocking(move || server.reload())
            .await
            .unwrap_or_default();
        replaced.append(&mut reload.replaced);
        if reload.faults.is_empty() || Instant::now() >= patience {
            return Reload { replaced, ..reload };
        }
        hints.next(patience).await;
    }
}

fn directories(server: &TlsServer) -> BTreeSet<PathBuf> {
    let settings = server.settings();
    let pairs = settings.pairs.iter();
    let files = pairs
        .flat_map(|pair| [&pair.certificate, &pair.key])
        .chain(settings.clients.iter().map(|clients| &clients.authorities));
    files.map(|file| directory(file)).collect()
}

fn directory(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => ".".into(),
    }
}

/// That something may have changed.
#[derive(Debug)]
struct Hints {
    received: mpsc::Receiver<()>,
    /// Dropping it ends the hints; without one there are none, and the files are looked at now and then.
    _watcher: Option<RecommendedWatcher>,
}

impl Hints {
    fn of(directories: &BTreeSet<PathBuf>) -> Self {
        let (sender, received) = mpsc::channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Reading the files is an event as well.
            if !matches!(&event, Ok(event) if matches!(event.kind, EventKind::Access(_))) {
                let _ = sender.try_send(());
            }
        });
        let outcome = watcher.and_then(|mut watcher| {
            for directory in directories {
                watcher.watch(directory, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        if let Err(error) = &outcome {
            tracing::warn!(%error, "the certificates' directories cannot be watched, so the files are read every minute");
        }
        Self {
            received,
            _watcher: outcome.ok(),
        }
    }

    /// Waits for a hint, at most until then.
    async fn next(&mut self, until: Instant) {
        if let Ok(None) = timeout_at(until, self.received.recv()).await {
            tokio::time::sleep_until(until).await;
        }
    }

    /// Waits until there was none for a moment, but not for ever.
    async fn quiet(&mut self) {
        let latest = Instant::now() + NOT_FOR_EVER;
        while Instant::now() < latest
            && matches!(timeout(MOMENT, self.received.recv()).await, Ok(Some(())))
        {}
    }
}

/// Also sees what no hint comes for, as from a network file system.
const WITHOUT_HINT: Duration = Duration::from_mins(1);
const MOMENT: Duration = Duration::from_millis(200);
const NOT_FOR_EVER: Duration = Duration::from_secs(2);
/// Longer than any tool takes between the two files of a pair.
const PATIENCE: Duration = Duration::from_secs(5);
