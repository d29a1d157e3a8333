use crate::Fault;
use pgs::{Follow, catalog::Event};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// The log of changes as it grows, until this is closed or its manager is. Clones are the same.
#[derive(Clone, Debug)]
pub struct Watch {
    follow: Arc<Mutex<Follow>>,
    end: CancellationToken,
}

impl Watch {
    pub(crate) fn new(follow: Follow, end: &CancellationToken) -> Self {
        Self {
            follow: Arc::new(Mutex::new(follow)),
            end: end.child_token(),
        }
    }

    /// The next event, waiting until there is one; none once it is closed.
    pub async fn next(&self) -> Result<Option<Event>, Fault> {
        let next = async { self.follow.lock().await.next().await };
        match self.end.run_until_cancelled(next).await {
            Some(event) => Ok(Some(event?)),
            None => Ok(None),
        }
    }

    /// Ends it; whoever waits for an event gets none.
    pub fn close(&self) {
        self.end.cancel();
    }
}
