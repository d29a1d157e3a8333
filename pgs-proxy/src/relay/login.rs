use crate::{cancel::CancelEntry, metering::TenantCounters, session::Stub, shared::Shared};
use pgs_core::{Endpoint, wire::KeySniffer};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// The part of a session before its first `ReadyForQuery`: the server's words are read along, and time runs out.
#[derive(Debug)]
pub(crate) struct Login {
    shared: Arc<Shared>,
    endpoint: Endpoint,
    session: Stub,
    tenant: Arc<TenantCounters>,
    /// When the server was asked; none once it has answered.
    asked: Option<Instant>,
    sniffer: KeySniffer,
    deadline: Pin<Box<Sleep>>,
}

impl Login {
    pub(crate) fn new(
        shared: Arc<Shared>,
        endpoint: Endpoint,
        asked: Instant,
        session: Stub,
        tenant: Arc<TenantCounters>,
    ) -> Self {
        let limit = shared.config.authentication_timeout + SERVER_FIRST;
        Self {
            shared,
            endpoint,
            session,
            tenant,
            asked: Some(asked),
            sniffer: KeySniffer::new(),
            deadline: Box::pin(sleep_until(Instant::now() + limit)),
        }
    }

    pub(super) fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.deadline.as_mut().poll(cx)
    }

    /// Learns from bytes of the server before the client sees them; the cancel key, once.
    pub(super) fn observe(&mut self, bytes: &[u8]) -> Option<CancelEntry> {
        if !bytes.is_empty()
            && let Some(asked) = self.asked.take()
        {
            self.shared.pace.learn(asked.elapsed());
        }
        self.sniffer.feed(bytes);
        if let Some(source) = self.sniffer.wrong_password_source() {
            self.shared.wrong_password.learn(source);
        }
        self.tell_progress();
        let key = self.sniffer.take_key()?;
        self.session.gauge().announced(key.pid());
        Some(self.shared.cancels.insert(key, self.endpoint.clone()))
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

/// PostgreSQL ends a slow authentication itself; the proxy only guards against a server that does not.
const SERVER_FIRST: Duration = Duration::from_secs(5);
