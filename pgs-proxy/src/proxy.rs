use crate::{
    Ban, Counters, DrainReport, Helpers, KnownSalt, Listener, ListenerPolicy, ProxyConfig,
    SessionInfo,
    accepting::Accepting,
    bans::Culprit,
    cancel::cancel_here,
    crew::{Crew, EndOfCrew},
    session::revoke_forever,
    shared::Shared,
    table_sizes::table_sizes,
};
use pgs_core::{
    routing::Router,
    wire::{ErrorSource, FirstPacket},
};
use std::{collections::BTreeMap, future::pending, net::IpAddr, sync::Arc};
use tokio::task::JoinSet;

/// The router of connections. Cheap to clone; all clones and all listeners share sessions, cancel keys and limits.
#[derive(Clone, Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
}

impl Proxy {
    /// A proxy that asks this router where each session goes. It starts its [`threads`](ProxyConfig::threads), which do
    /// nothing until it is given a listener.
    pub fn new(router: Arc<dyn Router>, config: ProxyConfig) -> Self {
        Self::with_helpers(router, config, Helpers::default())
    }

    /// The same, with the help of the program around it.
    pub fn with_helpers(router: Arc<dyn Router>, config: ProxyConfig, helpers: Helpers) -> Self {
        Self {
            shared: Arc::new(Shared::new(router, config, helpers)),
        }
    }

    /// Serves a listener by its policy until `shutdown` is ready, then drains.
    ///
    /// While it drains, new connections are told that the database system is shutting down, and sessions go on until they
    /// end. When [`drain_grace`](ProxyConfig::drain_grace) is over, their servers are asked to end those that are left
    /// ([`SessionEnder`](crate::SessionEnder)), and when [`end_grace`](ProxyConfig::end_grace) is over too, the sockets of
    /// the last ones are closed.
    ///
    /// Dropping the future closes, in a moment, the listener and the sockets of everything that came in through it.
    pub async fn run(
        &self,
        listener: impl Into<Listener>,
        policy: ListenerPolicy,
        shutdown: impl Future<Output = ()>,
    ) -> DrainReport {
        self.run_replaceable(listener, policy, pending(), shutdown)
            .await
    }

    /// The same, but when `replaced` is ready, another process accepts from this socket from now on: the listener is
    /// closed here without a word to anybody, and what came in through it goes on until it ends by itself. A shutdown
    /// still drains that.
    pub async fn run_replaceable(
        &self,
        listener: impl Into<Listener>,
        policy: ListenerPolicy,
        replaced: impl Future<Output = ()>,
        shutdown: impl Future<Output = ()>,
    ) -> DrainReport {
        let listener = listener.into();
        let crew = Arc::new(Crew::new(Arc::clone(&self.shared), policy, listener.name()));
        let _end = EndOfCrew(Arc::clone(&crew));
        let mut accepting = match Accepting::begin(listener, &self.shared, &crew) {
            Ok(accepting) => accepting,
            Err(error) => {
                tracing::error!(%error, listener = &*crew.listener, "the listener cannot be served");
                return DrainReport::default();
            }
        };
        let mut revocation = JoinSet::new();
        revocation.spawn(revoke_forever(Arc::clone(&self.shared)));
        let drained = async {
            shutdown.await;
            crew.drain().await
        };
        let report = tokio::select! {
            report = drained => report,
            report = async {
                accepting.run_until(replaced).await;
                crew.finish().await
            } => report,
        };
        accepting.stop().await;
        report
    }

    /// Ends every grace of a drain, now and later: sessions that are left are cut.
    pub fn hurry(&self) {
        self.shared.hurry.cancel();
    }

    /// Brings a cancel request to the servers of the sessions here that it is for, and waits until they have dealt with
    /// it. Answers whether there are any.
    ///
    /// This is for packets that [`CancelPeers`](crate::CancelPeers) of another process sent on.
    pub async fn cancel(&self, packet: &[u8]) -> bool {
        match FirstPacket::parse(packet) {
            Ok(Some((FirstPacket::Cancel(request), _))) => {
                cancel_here(&self.shared, &request).await
            }
            _ => false,
        }
    }

    /// What this proxy has done so far.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// How many entries the tables have that clients fill, by name. Those of `handshakes`, `sessions`, `session_addresses`,
    /// `cancel_keys`, `logins` (that are not finished), `login_addresses` and `waiting_tenants` go with whom they belong
    /// to: without connections they are empty. `salts`, `roles` and `failures` (for which bans are made) are remembered,
    /// up to a limit.
    pub fn table_sizes(&self) -> BTreeMap<&'static str, u64> {
        table_sizes(&self.shared)
    }

    /// The live sessions, the oldest first.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.shared.sessions.list()
    }

    /// Says where the tenants' servers raise a wrong password, before one of them has shown it by itself.
    pub fn preset_wrong_password_source(&self, source: &ErrorSource) {
        self.shared.wrong_password.preset(source);
    }

    /// The salts that live servers have told since the last call. Keep them, and give them to the next proxy with
    /// [`preset_salts`](Self::preset_salts): a salt that changes when a tenant is disabled tells that there is one.
    pub fn take_new_salts(&self) -> Vec<KnownSalt> {
        self.shared.salts.take_new()
    }

    /// Says which salts were told before, those told longest ago first. What this proxy has heard itself stays. It takes
    /// milliseconds for tens of thousands: not on a worker of the runtime.
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
}
