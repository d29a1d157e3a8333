use super::{
    Place,
    message::{Answer, Wish},
    place::ask,
};
use async_trait::async_trait;
use pgs_proxy::CancelPeers;
use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
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
        let mut asked = ask_all(self.place.named(replaced), &Wish::Stop);
        let all = async { while asked.join_next().await.is_some() {} };
        let _ = timeout(super::control::PATIENCE, all).await;
    }

    fn others(&self) -> Vec<PathBuf> {
        let mut others = self.place.sockets();
        others.retain(|path| self.own.get() != Some(path));
        others
    }
}

/// Whether a cancel request met its key, of each process once it answered.
fn ask_all(sockets: Vec<PathBuf>, wish: &Wish) -> JoinSet<bool> {
    let asking = sockets.into_iter().map(|path| {
        let wish = wish.clone();
        async move { matches!(ask(&path, wish).await, Ok(Some(Answer::Cancelled(true)))) }
    });
    asking.collect()
}

#[async_trait]
impl CancelPeers for Peers {
    /// All at once: one that hangs must not keep the request from the others.
    async fn offer(&self, packet: &[u8]) -> bool {
        let mut asked = ask_all(self.others(), &Wish::Cancel(packet.to_owned()));
        while let Some(had_it) = asked.join_next().await {
            if had_it.unwrap_or(false) {
                return true;
            }
        }
        false
    }
}
