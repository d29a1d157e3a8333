use std::{io, time::Duration};
use tokio::time::Instant;

/// A time in which a listener gives no connections, most often for want of file descriptors.
///
/// It is logged when it begins and when it has been over for a while, so a listener at its limit, which gives one
/// connection now and then, does not fill the disk.
#[derive(Debug, Default)]
pub(crate) struct Outage {
    latest: Option<Instant>,
}

impl Outage {
    pub(crate) fn go_on(&mut self, error: &io::Error) {
        if self.latest.replace(Instant::now()).is_none() {
            tracing::error!(%error, "no connection can be accepted");
        }
    }

    /// After a connection was accepted.
    pub(crate) fn look_back(&mut self) {
        let over = self.latest.take_if(|latest| latest.elapsed() >= QUIET);
        if over.is_some() {
            tracing::info!("connections are accepted again");
        }
    }
}

const QUIET: Duration = Duration::from_secs(10);
