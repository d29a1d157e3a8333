use crate::{
    Ban, Counters, DrainReport, KnownSalt, Listener, ListenerPolicy, ProxyConfig,
    accepting::accept_forever,
    bans::Culprit,
    crew::{Crew, EndOfCrew},
    session::revoke_forever,
    shared::Shared,
};
use pgs_core::{routing::Router, wire::ErrorSource};
use std::{net::IpAddr, sync::Arc};
use tokio::task::JoinSet;

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
        let crew = Arc::new(Crew::new(Arc::clone(&self.shared), policy));
        let _end = EndOfCrew(Arc::clone(&crew));
        let mut revocation = JoinSet::new();
        revocation.spawn(revoke_forever(Arc::clone(&self.shared)));
        let drained = async {
            shutdown.await;
            crew.drain().await
        };
        tokio::select! {
            report = drained => report,
            never = accept_forever(&self.shared, &listener, &crew) => match never {},
        }
    }

    /// What this proxy has done so far.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
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
}
