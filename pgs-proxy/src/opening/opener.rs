use super::{
    admission::{Admitted, Denied, admit},
    decoy::Decoy,
    forwarded::forwarded,
    gate::{Pass, pass},
    handshake_watch::HandshakeWatch,
    introduction::introduce,
    last_words::last_words,
    peer::{Gone, Peer},
    securing::secure,
};
use crate::{
    PeerAddress, TlsVersion, access_log,
    address_block::AddressBlock,
    arrival::Arrival,
    attempt::Attempt,
    buffer::Buffer,
    cancel::cancel,
    counters::{add, reason},
    crew::Crew,
    limits::Place,
    relay::{Login, Relay},
    session::{Session, Visitor},
    shared::Shared,
    socket,
    stream::Stream,
    workers::Seat,
};
use pgs_core::{
    handshake::{Action, Handshake, MAX_BUFFERED, Step, TlsOffer, TlsStart},
    routing::{Refusal, Route, RouteRequest},
    wire::StartupMessage,
};
use std::{borrow::Cow, sync::Arc};
use tokio::time::Instant;
use tracing::Span;

/// A connection that was just accepted.
#[derive(Debug)]
pub(crate) struct Opening {
    shared: Arc<Shared>,
    crew: Arc<Crew>,
    peer: Peer,
    seat: Option<Seat>,
}

impl Opening {
    pub(crate) fn new(
        shared: Arc<Shared>,
        crew: Arc<Crew>,
        stream: Stream,
        address: PeerAddress,
        seat: Option<Seat>,
    ) -> Self {
        socket::tune_client(&stream);
        Self {
            shared,
            crew,
            peer: Peer {
                stream,
                address,
                tls: None,
            },
            seat,
        }
    }

    /// Finds out what the client wants and does it. What most connections do not need for long is boxed: a stranger
    /// who keeps silent shall cost little. The place is given back as soon as something else bounds the
    /// connection: its session, or its cancel request.
    pub(crate) async fn run(mut self, place: Place) {
        let deadline = place.since() + self.shared.config.handshake_timeout;
        let watch = HandshakeWatch::start(&self.shared);
        let mut unread = Vec::new();
        if self
            .introduced(&place, &mut unread, deadline)
            .await
            .is_err()
        {
            return add(&self.shared.counters.malformed, 1);
        }
        let mut handshake = Handshake::new(self.offer());
        let mut arrived = Arrival::now();
        loop {
            let Step { consumed, action } = handshake.advance(&unread);
            let went_on = match action {
                Action::NeedMore(_) => {
                    let read = self.peer.read(&mut unread, MAX_BUFFERED, deadline).await;
                    read.map(|at| arrived = at)
                }
                Action::Reply(bytes) => {
                    unread.drain(..consumed);
                    self.peer.write(bytes, deadline).await
                }
                Action::Route(startup) => {
                    watch.parsed();
                    let came = (arrived, &unread[consumed..]);
                    return Box::pin(self.route(startup, came, place)).await;
                }
                Action::Cancel(request) => {
                    drop(place);
                    drop(watch);
                    return Box::pin(cancel(&self.shared, &request)).await;
                }
                Action::Reject(bytes) => {
                    add(&self.shared.counters.malformed, 1);
                    return self.peer.farewell(&bytes).await;
                }
                Action::StartTls(start) => {
                    let sent = unread.split_off(consumed);
                    unread.clear();
                    handshake = Handshake::inside_tls(start);
                    let shared = Arc::clone(&self.shared);
                    let secured = Box::pin(self.secure(start, sent, deadline)).await;
                    let Ok(secured) = secured else {
                        return add(&shared.counters.malformed, 1);
                    };
                    self = secured;
                    Ok(())
                }
                Action::Close => Err(Gone),
            };
            if went_on.is_err() {
                add(&self.shared.counters.malformed, 1);
                tracing::debug!("closed before it made sense");
                return;
            }
        }
    }

    fn offer(&self) -> TlsOffer {
        match self.crew.policy.tls.server() {
            Some(_) if self.peer.is_in_the_clear() => TlsOffer::Offered,
            _ => TlsOffer::Withheld,
        }
    }

    async fn secure(self, start: TlsStart, sent: Vec<u8>, deadline: Instant) -> Result<Self, Gone> {
        let Self {
            shared,
            crew,
            peer,
            seat,
        } = self;
        // Never asked for where it is not offered.
        let server = crew.policy.tls.server().ok_or(Gone)?;
        let secured = secure(peer, server, &shared.tls_turns, (start, sent), deadline).await;
        secured.map(|peer| Self {
            shared,
            crew,
            peer,
            seat,
        })
    }

    /// Where the listener has load balancers in front of it, learns from their header who the client is.
    async fn introduced(
        &mut self,
        place: &Place,
        unread: &mut Vec<u8>,
        deadline: Instant,
    ) -> Result<(), Gone> {
        let Some(trusted) = &self.crew.policy.proxy_protocol else {
            return Ok(());
        };
        Box::pin(introduce(&mut self.peer, trusted, unread, deadline)).await?;
        let client = self.peer.address.ip().map(AddressBlock::from);
        let counted = client.map(|client| place.belongs_to(client, &self.shared.counters));
        counted.transpose().map(drop).map_err(|_| Gone)
    }

    /// With when the startup packet `came`, and what the client sent behind it.
    async fn route(
        self,
        startup: StartupMessage<'_>,
        (arrived, pipelined): (Arrival, &[u8]),
        place: Place,
    ) {
        let crew = Arc::clone(&self.crew);
        let request = self.peer.request(&startup, &crew.policy.keys);
        let visitor = self.visitor(&startup);
        let mut attempt = Attempt::new(&self.shared, self.peer.address, &request, arrived)
            .with_version(startup.version());
        let pass = match pass(&self.shared, &crew.policy, &self.peer, &request, &attempt) {
            Ok(pass) => pass,
            // Still in its place: whoever is told so is bounded by that.
            Err(refusal) => {
                let told = self.refuse(&startup, pipelined, attempt, visitor, &refusal);
                return told.await;
            }
        };
        drop(place);
        match self.reach(&startup, &request, &visitor, &mut attempt).await {
            Ok((way, packet)) => self.relay(pass, way, attempt, &[&packet, pipelined]),
            // Still with its pass: a client that only tries its password counts as a session while it does.
            Err(Denied::Refused(refusal)) => {
                self.refuse(&startup, pipelined, attempt, visitor, &refusal)
                    .await;
            }
            Err(Denied::Abandoned) => add(&self.shared.counters.abandoned, 1),
        }
    }

    /// Who asks for a session.
    fn visitor(&self, startup: &StartupMessage<'_>) -> Visitor {
        let address = self.peer.address;
        let tls = self.peer.tls.as_ref().map(|facts| facts.version);
        self.shared.counters.encrypted(tls);
        let facts = self.peer.tls.as_ref();
        let visitor = Visitor::new(startup, address, facts, &self.crew.listener);
        let span = Span::current();
        if !span.is_disabled() {
            if self.crew.policy.proxy_protocol.is_some() {
                span.record("client", tracing::field::display(address));
            }
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
        attempt: &mut Attempt,
    ) -> Result<(Way, Cow<'a, [u8]>), Denied> {
        let admitted = admit(&self.shared, &self.crew, &self.peer, request, attempt).await?;
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
                Err(Refusal::BackendUnreachable(id.clone()).into())
            }
        }
    }

    /// Goes on as a task of its own, which is much smaller than this one.
    fn relay(self, pass: Pass, way: Way, attempt: Attempt, sent: &[&[u8]]) {
        let Way { admitted, backend } = way;
        let Admitted { route, ticket } = admitted;
        let (shared, stub) = (Arc::clone(&self.shared), ticket.stub());
        let tenant = shared.counters.tenants.of(&route.id);
        let is_stranger = !shared.config.disclose.includes(self.peer.address);
        let login = Login::new(
            Arc::clone(&shared),
            (self.peer.stream.leg(), is_stranger, route.endpoint),
            attempt,
            stub.clone(),
            Arc::clone(&tenant),
        );
        let relay = Relay::new(self.peer.stream, backend, Buffer::holding(sent), login);
        let session = Session::new(shared, relay, tenant, (ticket, pass, self.seat));
        stub.tie_to(tokio::spawn(session).abort_handle());
    }

    async fn refuse(
        self,
        startup: &StartupMessage<'_>,
        pipelined: &[u8],
        attempt: Attempt,
        visitor: Visitor,
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
            let end = attempt.end();
            let decoy = Decoy::new(&self.shared, attempt, &request, self.peer.stream.leg());
            end.run_until_cancelled(decoy.refuse(self.peer, startup, pipelined))
                .await;
        }
        access_log::refused(&visitor, refusal, &self.shared.log_allowance);
    }
}

/// Everything a session needs to begin.
#[derive(Debug)]
struct Way {
    admitted: Admitted,
    backend: Stream,
}
