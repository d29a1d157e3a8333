use crate::{
    arrival::Arrival,
    attempt::Attempt,
    cancel::CancelEntry,
    metering::TenantCounters,
    pace::{Alarm, Stopwatch},
    session::Stub,
    shared::Shared,
    stream::Leg,
};
use pgs_core::{Endpoint, wire::KeySniffer};
use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use tokio::time::{Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

/// The part of a session before its first `ReadyForQuery`: the server's words are read along, and time runs out.
#[derive(Debug)]
pub(crate) struct Login {
    shared: Arc<Shared>,
    leg: Leg,
    /// Whether the client may not learn who is there.
    is_stranger: bool,
    endpoint: Endpoint,
    session: Stub,
    tenant: Arc<TenantCounters>,
    attempt: Attempt,
    /// When others wait and this one has taken long.
    end: Pin<Box<WaitForCancellationFutureOwned>>,
    watch: Stopwatch,
    /// The server's latest words wait for it.
    hold: Option<Hold>,
    sniffer: KeySniffer,
    deadline: Pin<Box<Sleep>>,
}

impl Login {
    /// Of a client on such a leg, who may be a stranger, at the server at that endpoint.
    pub(crate) fn new(
        shared: Arc<Shared>,
        (leg, is_stranger, endpoint): (Leg, bool, Endpoint),
        attempt: Attempt,
        session: Stub,
        tenant: Arc<TenantCounters>,
    ) -> Self {
        let limit = shared.config.authentication_timeout + SERVER_FIRST;
        let role = shared.paces.of(leg).role(attempt.asked_for());
        let watch = Stopwatch::started(role, attempt.began());
        Self {
            shared,
            leg,
            is_stranger,
            endpoint,
            session,
            tenant,
            end: Box::pin(attempt.end().cancelled_owned()),
            attempt,
            watch,
            hold: None,
            sniffer: KeySniffer::new(),
            deadline: Box::pin(sleep(limit)),
        }
    }

    pub(super) fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        self.deadline.as_mut().poll(cx)
    }

    /// Learns when the client's bytes, or its end, came, before the server sees them.
    pub(super) fn client_spoke(&mut self, arrived: Arrival) {
        self.watch.client_spoke(arrived);
    }

    /// Learns when the client had the server's words.
    pub(super) fn client_heard(&mut self) {
        let (progress, pace) = (self.sniffer.progress(), self.shared.paces.of(self.leg));
        self.watch.client_heard(progress, Instant::now(), pace);
    }

    /// Learns when the client had the server's end.
    pub(super) fn server_ended(&mut self) {
        let pace = self.shared.paces.of(self.leg);
        self.watch.server_ended(Instant::now(), pace);
    }

    /// Learns from bytes of the server before the client sees them; the cancel key, once.
    pub(super) fn server_spoke(&mut self, bytes: &[u8]) -> Option<CancelEntry> {
        self.sniffer.feed(bytes);
        self.attempt.learn(&self.shared, &mut self.sniffer);
        self.attempt.judge(&self.shared, &self.sniffer);
        self.tell_progress();
        self.watch.client_is_told();
        if self.is_stranger {
            let (progress, pace) = (self.sniffer.progress(), self.shared.paces.of(self.leg));
            let due = self
                .watch
                .due(progress, pace)
                .filter(|due| *due > Instant::now());
            self.hold = due.map(|due| Hold::until(due, Arc::clone(&self.shared), self.leg));
        }
        let key = self.sniffer.take_key()?;
        self.session.announced(key.pid());
        Some(self.shared.cancels.insert(key, self.endpoint.clone()))
    }

    /// Ready when the client may have the server's words, or its end.
    pub(super) fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(hold) = &mut self.hold else {
            return Poll::Ready(());
        };
        ready!(hold.0.as_mut().poll(cx));
        self.hold = None;
        self.watch.was_held();
        Poll::Ready(())
    }

    fn tell_progress(&self) {
        let gauge = self.session.gauge();
        if self.sniffer.wrong_password_source().is_some() && gauge.turned_down() {
            self.tenant.login_failed();
        }
        if self.sniffer.is_done() && self.sniffer.is_authenticated() {
            let took = self.session.age();
            if gauge.ready(took) {
                self.shared.counters.login.observe(took);
            }
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.sniffer.is_done()
    }
}

/// A wait of some microseconds, as exact as a decoy's.
struct Hold(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Hold {
    fn until(due: Instant, shared: Arc<Shared>, leg: Leg) -> Self {
        Self(Box::pin(async move {
            Alarm::new().ring_at(due, shared.paces.of(leg)).await;
        }))
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hold")
    }
}

/// PostgreSQL ends a slow authentication itself; the proxy only guards against a server that does not.
const SERVER_FIRST: Duration = Duration::from_secs(5);
