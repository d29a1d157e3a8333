use super::{
    Place,
    control::PATIENCE,
    message::{Answer, Wish},
    place::ask,
};
use async_trait::async_trait;
use pgs_proxy::CancelPeers;
use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{task::JoinSet, time::timeout};

/// The other processes that serve, or served, the same state directory.
#[derive(Clone, Debug)]
pub(crate) struct Peers {
    place: Place,
    own: Arc<OnceLock<PathBuf>>,
}

impl Peers {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            own: Arc::default(),
        }
    }

    /// Says which of the control sockets is this process's own.
    pub(crate) fn without(&self, own: PathBuf) {
        // A proxy has one, for as long as it lives.
        let _ = self.own.set(own);
    }

    /// Has these end their sessions, because the process in their place stops.
    pub(super) async fn stop(&self, replaced: &[String]) {
        let replaced = self.place.named(replaced);
        ask_all(replaced, &Wish::Stop, PATIENCE).join_all().await;
    }

    fn others(&self) -> Vec<PathBuf> {
        let mut others = self.place.sockets();
        others.retain(|path| self.own.get() != Some(path));
        others
    }
}

/// Whether a cancel request met its key, of each process once it answered or the time is over.
fn ask_all(sockets: Vec<PathBuf>, wish: &Wish, limit: Duration) -> JoinSet<bool> {
    let asking = sockets.into_iter().map(|path| {
        let wish = wish.clone();
        async move {
            let answer = timeout(limit, ask(&path, wish)).await;
            matches!(answer, Ok(Ok(Some(Answer::Cancelled(true)))))
        }
    });
    asking.collect()
}

#[async_trait]
impl CancelPeers for Peers {
    /// All at once: one that hangs must not keep the request from the others.
    async fn offer(&self, packet: &[u8]) -> bool {
        let mut asked = ask_all(self.others(), &Wish::Cancel(packet.to_owned()), ERRAND);
        while let Some(had_it) = asked.join_next().await {
            if had_it.unwrap_or(false) {
                return true;
            }
        }
        false
    }
}

/// A process that has the key answers once its server has dealt with the request; one that hangs must not hold up what
/// comes after.
const ERRAND: Duration = Duration::from_secs(1);
