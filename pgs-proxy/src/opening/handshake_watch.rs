use crate::{counters::add, shared::Shared};
use std::{sync::Arc, time::Instant};

/// A handshake in progress, counted as such until it is dropped.
#[derive(Debug)]
pub(super) struct HandshakeWatch {
    shared: Arc<Shared>,
    began: Instant,
}

impl HandshakeWatch {
    pub(super) fn start(shared: &Arc<Shared>) -> Self {
        add(&shared.counters.handshakes_begun, 1);
        Self {
            shared: Arc::clone(shared),
            began: Instant::now(),
        }
    }

    /// Its startup packet was read.
    pub(super) fn parsed(self) {
        self.shared.counters.handshake.observe(self.began.elapsed());
    }
}

impl Drop for HandshakeWatch {
    fn drop(&mut self) {
        add(&self.shared.counters.handshakes_over, 1);
    }
}
