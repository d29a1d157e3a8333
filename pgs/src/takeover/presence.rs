use super::{Control, Desk, Peers, Place};
use pgs_core::Result;
use std::sync::Arc;

/// How other processes find this one, and it them.
#[derive(Debug)]
pub(crate) struct Presence {
    /// First, so that nobody asks for what is gone.
    _control: Control,
    desk: Arc<Desk>,
    peers: Peers,
}

impl Presence {
    pub(crate) fn open(place: &Place, peers: Peers, desk: Desk) -> Result<Self> {
        let desk = Arc::new(desk);
        let control = Control::open(place, Arc::clone(&desk))?;
        peers.without(control.path().to_owned());
        Ok(Self {
            _control: control,
            desk,
            peers,
        })
    }

    /// The process that took over, where the system tells.
    pub(crate) fn successor(&self) -> Option<u32> {
        self.desk.successor()
    }

    /// Has the processes that it took over from, and they from others, end their sessions.
    pub(crate) async fn stop_ancestors(&self) {
        self.peers.stop(self.desk.ancestors()).await;
    }
}
