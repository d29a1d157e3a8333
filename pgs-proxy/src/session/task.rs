use super::Ticket;
use crate::{
    access_log,
    counters::add,
    metering::TenantCounters,
    opening::Pass,
    relay::{End, Relay},
    shared::Shared,
    workers::Seat,
};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tracing::Span;

/// One session as a task of its own: small, and ended from outside by aborting it.
#[derive(Debug)]
pub(crate) struct Session {
    relay: Relay,
    end: Option<End>,
    told: (u64, u64),
    shared: Arc<Shared>,
    tenant: Arc<TenantCounters>,
    ticket: Ticket,
    /// The connection's, entered only at the end: a session's way through the relay costs nothing.
    span: Span,
    _pass: Pass,
    _seat: Option<Seat>,
}

impl Session {
    pub(crate) fn new(
        shared: Arc<Shared>,
        relay: Relay,
        tenant: Arc<TenantCounters>,
        place: (Ticket, Pass, Option<Seat>),
    ) -> Self {
        add(&shared.counters.opened, 1);
        tenant.opened();
        let (ticket, pass, seat) = place;
        ticket.gauge().connected();
        Self {
            relay,
            end: None,
            told: (0, 0),
            shared,
            tenant,
            ticket,
            span: Span::current(),
            _pass: pass,
            _seat: seat,
        }
    }

    fn tell_bytes(&mut self) {
        let moved = self.relay.moved();
        let (up, down) = (moved.0 - self.told.0, moved.1 - self.told.1);
        add(&self.shared.counters.bytes_to_backend, up);
        add(&self.shared.counters.bytes_to_client, down);
        self.tenant.moved(up, down);
        self.told = moved;
    }
}

impl Future for Session {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let session = self.get_mut();
        let polled = session.relay.poll(cx);
        let (up, down) = session.relay.moved();
        session.ticket.gauge().moved(up, down);
        if up + down - session.told.0 - session.told.1 >= TELL_EVERY {
            session.tell_bytes();
        }
        session.end = Some(ready!(polled));
        Poll::Ready(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.tell_bytes();
        let end = self
            .end
            .or_else(|| self.ticket.cut())
            .unwrap_or(End::Shutdown);
        self.tenant.closed();
        self.shared.counters.ended(end);
        if let Some((tenant, visitor)) = self.ticket.whose() {
            let counters = &self.shared.counters;
            counters.duration.observe(visitor.since.elapsed());
            let _connection = self.span.enter();
            let server = (self.ticket.gauge(), self.ticket.backend_pid());
            access_log::ended(tenant, visitor, server, end, &self.shared.log_allowance);
        }
    }
}

const TELL_EVERY: u64 = 1 << 20;
