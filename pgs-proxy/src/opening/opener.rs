use super::{
    admission::{Admitted, admit},
    decoy::Decoy,
    forwarded::forwarded,
    gate::{Pass, pass},
    handshake_watch::HandshakeWatch,
    last_words::last_words,
    peer::{Gone, Peer},
};
use crate::{
    PeerAddress, TlsVersion, access_log,
    attempt::Attempt,
    buffer::Buffer,
    cancel::forward,
    counters::{add, reason},
    crew::Crew,
    relay::{Login, Relay},
    session::{Session, Visitor},
    shared::Shared,
    socket,
    stream::Stream,
};
use pgs_core::{
    handshake::{Action, Handshake, MAX_BUFFERED, Step, TlsOffer},
    routing::{Refusal, Route, RouteRequest},
    wire::{CancelRequest, StartupMessage},
};
use std::{borrow::Cow, sync::Arc};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tracing::Span;

/// A connection that was just accepted.
#[derive(Debug)]
pub(crate) struct Opening {
    shared: Arc<Shared>,
    crew: Arc<Crew>,
    peer: Peer,
}

impl Opening {
    pub(crate) fn new(
        shared: Arc<Shared>,
        crew: Arc<Crew>,
        stream: Stream,
        address: PeerAddress,
    ) -> Self {
        if let Err(error) = socket::tune_client(&stream) {
            tracing::debug!(%error, "the client's socket keeps its defaults");
        }
        Self {
            shared,
            crew,
            peer: Peer {
                stream,
                address,
                tls: None,
            },
        }
    }

    /// Finds out what the client wants and does it. The permit is given back as soon as that is known.
    pub(crate) async fn run(mut self, permit: OwnedSemaphorePermit) {
        let deadline = Instant::now() + self.shared.config.handshake_timeout;
        let watch = HandshakeWatch::start(&self.shared);
        let mut handshake = Handshake::new(TlsOffer::Withheld);
        let mut unread = Vec::new();
        loop {
            let Step { consumed, action } = handshake.advance(&unread);
            let went_on = match action {
                Action::NeedMore(_) => self.peer.read(&mut unread, MAX_BUFFERED, deadline).await,
                Action::Reply(bytes) => {
                    unread.drain(..consumed);
                    self.peer.write(bytes, deadline).await
                }
                Action::Route(startup) => {
                    drop(permit);
                    watch.parsed();
                    return self.route(startup, &unread[consumed..]).await;
                }
                Action::Cancel(request) => {
                    drop(permit);
                    drop(watch);
                    return self.cancel(request).await;
                }
                Action::Reject(bytes) => {
                    add(&self.shared.counters.malformed, 1);
                    return self.peer.farewell(&bytes).await;
                }
                // Never comes where it is withheld.
                Action::StartTls(_) | Action::Close => Err(Gone),
            };
            if went_on.is_err() {
                add(&self.shared.counters.malformed, 1);
                tracing::debug!("closed before it made sense");
                return;
            }
        }
    }

    async fn route(self, startup: StartupMessage<'_>, pipelined: &[u8]) {
        let crew = Arc::clone(&self.crew);
        let request = self.peer.request(&startup, &crew.policy.keys);
        let visitor = self.visitor(&startup);
        let attempt = Attempt::new(&self.shared, self.peer.address, &request);
        // A refusal holds its place, too: decoys count as sessions do.
        let way = match pass(&self.shared, &crew.policy, &request, &attempt) {
            Ok(pass) => self
                .reach(&startup, &request, &visitor)
                .await
                .map(|(way, packet)| (pass, way, packet)),
            Err(refusal) => Err(refusal),
        };
        match way {
            Ok((pass, way, packet)) => self.relay(pass, way, attempt, &[&packet, pipelined]),
            Err(refusal) => {
                self.refuse(&startup, pipelined, attempt, &refusal).await;
                access_log::refused(&visitor, &refusal);
            }
        }
    }

    /// Who asks for a session.
    fn visitor(&self, startup: &StartupMessage<'_>) -> Visitor {
        let Peer { address, tls, .. } = self.peer;
        self.shared.counters.encrypted(tls);
        let visitor = Visitor::new(startup, address, tls, &self.crew.listener);
        let span = Span::current();
        if !span.is_disabled() {
            span.record("user", visitor.user());
            span.record("tls", tls.map(TlsVersion::name));
        }
        visitor
    }

    async fn reach<'a>(
        &self,
        startup: &StartupMessage<'a>,
        request: &RouteRequest<'_>,
        visitor: &Visitor,
    ) -> Result<(Way, Cow<'a, [u8]>), Refusal> {
        let admitted = admit(&self.shared, &self.crew, request).await?;
        let packet = forwarded(startup, &admitted.route)?;
        let Route { endpoint, id, .. } = &admitted.route;
        admitted.ticket.introduce(id.clone(), visitor.clone());
        Span::current().record("tenant", id.as_str());
        let begun = std::time::Instant::now();
        match Stream::connect(endpoint, self.shared.config.connect_timeout).await {
            Ok(backend) => {
                self.shared.counters.connect.observe(begun.elapsed());
                Ok((Way { admitted, backend }, packet))
            }
            Err(error) => {
                tracing::warn!(tenant = %id, %endpoint, %error, "the tenant's server does not take the connection");
                Err(Refusal::BackendUnreachable(id.clone()))
            }
        }
    }

    /// Goes on as a task of its own, which is much smaller than this one.
    fn relay(self, pass: Pass, way: Way, attempt: Attempt, sent: &[&[u8]]) {
        let Way { admitted, backend } = way;
        let Admitted {
            route,
            ticket,
            asked,
        } = admitted;
        let (shared, stub) = (Arc::clone(&self.shared), ticket.stub());
        let tenant = shared.counters.tenants.of(&route.id);
        let login = Login::new(
            Arc::clone(&shared),
            route.endpoint,
            asked,
            attempt,
            stub.clone(),
            Arc::clone(&tenant),
        );
        let relay = Relay::new(self.peer.stream, backend, Buffer::holding(sent), login);
        let session = Session::new(shared, relay, tenant, (ticket, pass));
        stub.tie_to(tokio::spawn(session).abort_handle());
    }

    async fn refuse(
        self,
        startup: &StartupMessage<'_>,
        pipelined: &[u8],
        attempt: Attempt,
        refusal: &Refusal,
    ) {
        tracing::debug!(reason = reason(refusal), user = %startup.user().escape_ascii(), "refused");
        self.shared.counters.refused(refusal);
        let may_know = self.shared.config.disclose.includes(self.peer.address);
        let request = self.peer.request(startup, &self.crew.policy.keys);
        if may_know || !refusal.is_confidential() {
            let last_words = last_words(startup, &request, refusal);
            self.peer.farewell(&last_words).await;
        } else {
            let decoy = Decoy::new(&self.shared, attempt, &request);
            decoy.refuse(self.peer, startup, pipelined).await;
        }
    }

    async fn cancel(self, request: CancelRequest<'_>) {
        let endpoints = self.shared.cancels.find(&request);
        let counters = &self.shared.counters;
        match self.shared.cancel_permits.try_acquire() {
            Ok(_permit) if !endpoints.is_empty() => {
                add(&counters.cancels_forwarded, 1);
                forward(
                    request.packet(),
                    &endpoints,
                    self.shared.config.cancel.timeout,
                )
                .await;
            }
            _ => add(&counters.cancels_dropped, 1),
        }
    }
}

/// Everything a session needs to begin.
#[derive(Debug)]
struct Way {
    admitted: Admitted,
    backend: Stream,
}
