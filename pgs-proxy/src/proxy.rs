use crate::{
    Ban, Counters, DrainReport, KnownSalt, Listener, ListenerPolicy, PeerAddress, ProxyConfig,
    SessionInfo,
    bans::Culprit,
    counters::add,
    crew::{Crew, EndOfCrew},
    opening::Opening,
    session::revoke_forever,
    shared::Shared,
};
use pgs_core::{routing::Router, wire::ErrorSource};
use std::{convert::Infallible, future::pending, net::IpAddr, sync::Arc};
use tokio::task::JoinSet;
use tracing::{Instrument, Span, field::Empty};

/// The router of connections. Cheap to clone; all clones and all listeners share sessions, cancel keys and limits.
#[derive(Clone, Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
}

impl Proxy {
    /// A proxy that asks this router where each session goes. Does nothing until it is given a listener.
    pub fn new(router: Arc<dyn Router>, config: ProxyConfig) -> Self {
        Self {
            shared: Arc::new(Shared::new(router, config)),
        }
    }

    /// Serves a listener by its policy until `shutdown` is ready, then drains.
    ///
    /// While it drains, new connections are told that the database system is shutting down; sessions go on until they
    /// end, or until [`drain_grace`](ProxyConfig::drain_grace) is over and their sockets are closed.
    ///
    /// Dropping the future closes the listener and the sockets of everything that came in through it.
    pub async fn run(
        &self,
        listener: impl Into<Listener>,
        policy: ListenerPolicy,
        shutdown: impl Future<Output = ()>,
    ) -> DrainReport {
        let listener = listener.into();
        let crew = Arc::new(Crew::new(Arc::clone(&self.shared), policy, listener.name()));
        let _end = EndOfCrew(Arc::clone(&crew));
        let mut revocation = JoinSet::new();
        revocation.spawn(revoke_forever(Arc::clone(&self.shared)));
        let drained = async {
            shutdown.await;
            crew.drain().await
        };
        tokio::select! {
            report = drained => report,
            never = self.accept_forever(&listener, &crew) => match never {},
        }
    }

    /// What this proxy has done so far.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// The live sessions, the oldest first.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.shared.sessions.list()
    }

    /// Says where the tenants' servers raise a wrong password, before one of them has shown it by itself.
    pub fn preset_wrong_password_source(&self, source: &ErrorSource) {
        self.shared.wrong_password.learn(source);
    }

    /// The salts that live servers have told since the last call. Keep them, and give them to the next proxy with
    /// [`preset_salts`](Self::preset_salts): a salt that changes when a tenant is disabled tells that there is one.
    pub fn take_new_salts(&self) -> Vec<KnownSalt> {
        self.shared.salts.take_new()
    }

    /// Says which salts were told before, those told longest ago first.
    pub fn preset_salts(&self, salts: impl IntoIterator<Item = KnownSalt>) {
        self.shared.salts.preset(salts);
    }

    /// Who is turned away now for failed logins, the longest ban first.
    pub fn bans(&self) -> Vec<Ban> {
        self.shared.bans.list()
    }

    /// Forgets the failures of an address at a tenant; whether it was banned.
    pub fn unban(&self, tenant: &[u8], address: IpAddr) -> bool {
        self.shared.bans.lift(&Culprit::new(tenant, address))
    }

    async fn accept_forever(&self, listener: &Listener, crew: &Arc<Crew>) -> Infallible {
        loop {
            let Ok(permit) = Arc::clone(&self.shared.handshake_permits)
                .acquire_owned()
                .await
            else {
                return pending().await;
            };
            let (stream, peer) = listener.accept().await;
            add(&self.shared.counters.accepted, 1);
            let opening = Opening::new(Arc::clone(&self.shared), Arc::clone(crew), stream, peer);
            let span = connection_span(peer, &crew.listener);
            let task = opening.run(permit).instrument(span);
            let no_more = crew.no_more_openings.clone();
            crew.openings.spawn(no_more.run_until_cancelled_owned(task));
        }
    }
}

/// What becomes known later is recorded then.
fn connection_span(peer: PeerAddress, listener: &str) -> Span {
    tracing::debug_span!("connection", %peer, listener, tls = Empty, user = Empty, tenant = Empty)
}
