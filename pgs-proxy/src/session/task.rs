use super::{Origin, Ticket};
use crate::{
    counters::add,
    opening::Pass,
    relay::{End, Relay},
    shared::Shared,
};
use pgs_core::TenantId;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

/// One session as a task of its own: small, and ended from outside by aborting it.
#[derive(Debug)]
pub(crate) struct Session {
    relay: Relay,
    end: Option<End>,
    tenant: TenantId,
    origin: Origin,
    began: Instant,
    told: (u64, u64),
    shared: Arc<Shared>,
    ticket: Ticket,
    _pass: Pass,
}

impl Session {
    pub(crate) fn new(
        shared: Arc<Shared>,
        relay: Relay,
        tenant: TenantId,
        origin: Origin,
        place: (Ticket, Pass),
    ) -> Self {
        add(&shared.counters.opened, 1);
        let (ticket, pass) = place;
        Self {
            relay,
            end: None,
            tenant,
            origin,
            began: Instant::now(),
            told: (0, 0),
            shared,
            ticket,
            _pass: pass,
        }
    }

    fn tell_bytes(&mut self) {
        let (up, down) = self.relay.moved();
        add(&self.shared.counters.bytes_to_backend, up - self.told.0);
        add(&self.shared.counters.bytes_to_client, down - self.told.1);
        self.told = (up, down);
    }
}

impl Future for Session {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let session = self.get_mut();
        let polled = session.relay.poll(cx);
        let (up, down) = session.relay.moved();
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
        add(&self.shared.counters.closed, 1);
        let end = self
            .end
            .or_else(|| self.ticket.cut())
            .unwrap_or(End::Shutdown);
        tracing::info!(
            tenant = %self.tenant,
            peer = %self.origin.address,
            tls = self.origin.encryption(),
            client_certificate = self.origin.certificate(),
            seconds = self.began.elapsed().as_secs_f64(),
            bytes_to_backend = self.told.0,
            bytes_to_client = self.told.1,
            end = end.as_str(),
            "session ended"
        );
    }
}

const TELL_EVERY: u64 = 1 << 20;
