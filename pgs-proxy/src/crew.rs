use crate::{DrainReport, ListenerPolicy, relay::End, session::dismiss, shared::Shared};
use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Everything that came in through one listener.
#[derive(Debug)]
pub(crate) struct Crew {
    pub(crate) number: u64,
    /// Every session holds a token of it.
    pub(crate) sessions: TaskTracker,
    /// The connections that are no sessions, not yet or never.
    pub(crate) openings: TaskTracker,
    pub(crate) no_more_openings: CancellationToken,
    pub(crate) policy: ListenerPolicy,
    /// Where the listener is.
    pub(crate) listener: Arc<str>,
    draining: AtomicBool,
    shared: Arc<Shared>,
}

impl Crew {
    pub(crate) fn new(shared: Arc<Shared>, policy: ListenerPolicy, listener: Arc<str>) -> Self {
        Self {
            number: CREWS.fetch_add(1, Ordering::Relaxed),
            sessions: TaskTracker::new(),
            openings: TaskTracker::new(),
            no_more_openings: CancellationToken::new(),
            policy,
            listener,
            draining: AtomicBool::new(false),
            shared,
        }
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Lets the sessions end by themselves for a while, then ends what is left.
    pub(crate) async fn drain(&self) -> DrainReport {
        self.draining.store(true, Ordering::SeqCst);
        self.shared.counters.draining.store(true, Ordering::Relaxed);
        let live = self.shared.sessions.of_crew(self.number).len();
        self.sessions.close();
        self.openings.close();
        let grace = timeout(self.shared.config.drain_grace, self.sessions.wait());
        let hurry = &self.shared.hurry;
        let _ = hurry.run_until_cancelled(grace).await;
        let left = self.shared.sessions.of_crew(self.number).len();
        let dismissed = dismiss(&self.shared, self.number, &self.sessions);
        let cut = match hurry.run_until_cancelled(dismissed).await {
            Some(cut) => cut,
            None => self.cut(),
        };
        let _ = timeout(LAST_WORDS, self.sessions.wait()).await;
        let _ = timeout(LAST_WORDS, self.openings.wait()).await;
        DrainReport {
            drained: live.saturating_sub(left),
            ended: left.saturating_sub(cut),
            cut,
        }
    }

    /// Waits until everything has ended by itself; never ready once a drain has begun, which tells more.
    pub(crate) async fn finish(&self) -> DrainReport {
        let live = self.shared.sessions.of_crew(self.number).len();
        // An opening may become a session until its end.
        self.openings.close();
        self.openings.wait().await;
        self.sessions.close();
        self.sessions.wait().await;
        if self.is_draining() {
            return pending().await;
        }
        DrainReport {
            drained: live,
            ..DrainReport::default()
        }
    }

    /// How many there were to be cut.
    fn cut(&self) -> usize {
        let left = self.shared.sessions.of_crew(self.number);
        left.cut(End::Shutdown);
        left.len()
    }
}

/// Whatever becomes of the future that serves a listener: nothing outlives it.
#[derive(Debug)]
pub(crate) struct EndOfCrew(pub(crate) Arc<Crew>);

impl Drop for EndOfCrew {
    fn drop(&mut self) {
        self.0.no_more_openings.cancel();
        self.0.cut();
    }
}

static CREWS: AtomicU64 = AtomicU64::new(0);

/// For refusals on their way, and for the sockets of sessions that were cut.
const LAST_WORDS: Duration = Duration::from_secs(1);
