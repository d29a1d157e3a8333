use crate::{
    ListenAddress, Pgs, ProxyBuilder,
    listening::Bound,
    observe::{MetricsEndpoint, Observed, SocketFile, serve_status},
    opened::adopt,
    proxy_salts::SaltKeeper,
    takeover::{Desk, Peers, Place, Predecessor, Presence},
};
use pgs_core::Result;
use pgs_proxy::{
    Ban, Counters, DrainReport, SessionInfo, SocketFiles, TlsPolicy, TlsServer, UnixAddress,
};
use std::{
    net::{IpAddr, SocketAddr},
    pin::pin,
};
use tokio::{
    net::UnixListener,
    task::{JoinSet, spawn_blocking},
};
use tokio_util::sync::CancellationToken;

/// A running proxy: one or more listeners in front of every tenant of a state directory.
///
/// It runs until [`shutdown`](Proxy::shutdown) is called or the value is dropped, which closes its sessions in a moment.
#[derive(Debug)]
pub struct Proxy {
    inner: pgs_proxy::Proxy,
    addresses: Vec<ListenAddress>,
    /// The same addresses as they are configured.
    configured: Vec<String>,
    stop: CancellationToken,
    replaced: CancellationToken,
    listeners: JoinSet<DrainReport>,
    /// Of the listeners that have ended.
    report: DrainReport,
    /// Those who answer the ones that look on; they end with this value.
    observers: JoinSet<()>,
    metrics_address: Option<SocketAddr>,
    tls: Option<TlsServer>,
    /// Those whose clients cannot speak TLS.
    in_the_clear: Vec<SocketAddr>,
    /// Watches the certificates; ends when dropped.
    _watch: JoinSet<()>,
    salts: SaltKeeper,
    sockets: Vec<SocketFiles>,
    predecessors: Vec<u32>,
    presence: Option<Presence>,
}

impl Proxy {
    /// Begins to set up a proxy in front of these tenants.
    #[must_use]
    pub fn builder(pgs: &Pgs) -> ProxyBuilder {
        ProxyBuilder::new(pgs.clone())
    }

    /// The address of the first listener that has one, with the port the operating system chose if it was asked to. Port 0
    /// where all of them are Unix sockets, which [`addresses`](Proxy::addresses) has as well.
    pub fn address(&self) -> SocketAddr {
        let with_port = self.addresses.iter().find_map(|address| match address {
            ListenAddress::Tcp(address) => Some(*address),
            ListenAddress::Unix(_) => None,
        });
        with_port.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Every listener's address.
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.addresses
    }

    /// Every listener's address as it is configured, and as it is.
    pub fn listening(&self) -> impl Iterator<Item = (&str, &ListenAddress)> {
        let configured = self.configured.iter().map(String::as_str);
        configured.zip(&self.addresses)
    }

    /// Where metrics are served, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The live sessions, the oldest first.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.inner.sessions()
    }

    /// The addresses that other machines can reach and at which no TLS is spoken.
    pub fn exposed(&self) -> Vec<SocketAddr> {
        let in_the_clear = self.in_the_clear.iter();
        let exposed = in_the_clear.filter(|address| !address.ip().is_loopback());
        exposed.copied().collect()
    }

    /// Reads the configured certificates again and says in the log what came of it; what is no good leaves the old ones
    /// in use. Changed files are also noticed without this.
    pub async fn reload_certificates(&self) {
        if let Some(tls) = self.tls.clone() {
            let _ = spawn_blocking(move || tls.reload_and_tell()).await;
        } else {
            tracing::info!("there are no certificates to read again");
        }
    }

    /// What it has counted so far.
    pub fn counters(&self) -> &Counters {
        self.inner.counters()
    }

    /// Who is turned away now for failed logins, the longest ban first.
    pub fn bans(&self) -> Vec<Ban> {
        self.inner.bans()
    }

    /// Forgets the failures of an address at a tenant; whether it was banned.
    pub fn unban(&self, tenant: &str, address: IpAddr) -> bool {
        self.inner.unban(tenant.as_bytes(), address)
    }

    /// Lets in nobody new, and ends the sessions: by themselves within the drain grace, then by their servers, and only
    /// those that no server ends by closing their sockets. Tells how many of each.
    pub async fn shutdown(mut self) -> DrainReport {
        self.stop.cancel();
        if let Some(presence) = &self.presence
            && !self.replaced.is_cancelled()
        {
            presence.stop_ancestors().await;
        }
        self.finished().await
    }

    /// The same, but no grace lasts longer than until `cut` is ready; then the sessions that are left are cut.
    pub async fn shutdown_until(self, cut: impl Future<Output = ()>) -> DrainReport {
        let inner = self.inner.clone();
        let mut drained = pin!(self.shutdown());
        tokio::select! {
            report = &mut drained => report,
            () = cut => {
                inner.hurry();
                drained.await
            }
        }
    }

    /// The processes that it took over from; empty where there were none.
    pub fn predecessors(&self) -> &[u32] {
        &self.predecessors
    }

    /// Ready once another process has taken over: this one accepts no more, and its sessions go on until they end.
    ///
    /// Answers that process's id, where the system tells. Never ready for a proxy that is not
    /// [replaceable](ProxyBuilder::replaceable).
    pub async fn replaced(&self) -> Option<u32> {
        self.replaced.cancelled().await;
        self.presence.as_ref()?.successor()
    }

    /// Waits for the end of the last session after another process has [taken over](Proxy::replaced), and tells how the
    /// sessions ended. If that process stops meanwhile, this one drains too.
    ///
    /// Cancel safe: called again, it goes on waiting.
    pub async fn finished(&mut self) -> DrainReport {
        while let Some(ended) = self.listeners.join_next().await {
            self.report += ended.unwrap_or_default();
        }
        self.salts.finish().await;
        self.report
    }
}

/// The steps in which a [`ProxyBuilder`] brings it to life.
impl Proxy {
    /// Accepts nothing yet.
    pub(crate) fn idle(inner: pgs_proxy::Proxy, salts: SaltKeeper, tls: Option<TlsServer>) -> Self {
        let mut watch = JoinSet::new();
        if let Some(tls) = tls.clone() {
            watch.spawn(async move { match tls.watch().await {} });
        }
        Self {
            inner,
            addresses: Vec::new(),
            configured: Vec::new(),
            stop: CancellationToken::new(),
            replaced: CancellationToken::new(),
            listeners: JoinSet::new(),
            report: DrainReport::default(),
            observers: JoinSet::new(),
            metrics_address: None,
            tls,
            in_the_clear: Vec::new(),
            _watch: watch,
            salts,
            sockets: Vec::new(),
            predecessors: Vec::new(),
            presence: None,
        }
    }

    /// Lets successors ask for these listeners.
    pub(crate) fn be_present(
        &mut self,
        place: &Place,
        peers: Peers,
        bound: &[Bound],
        ancestors: Vec<String>,
    ) -> Result<()> {
        let listeners = bound
            .iter()
            .map(|bound| (bound.configured.as_str(), &bound.opened.listener));
        let desk = Desk::new(
            self.inner.clone(),
            listeners,
            ancestors,
            self.replaced.clone(),
            self.stop.clone(),
        )?;
        self.presence = Some(Presence::open(place, peers, desk)?);
        Ok(())
    }

    /// Makes the Unix sockets of its predecessors its own, and lets those go. They must find whose the files are before they
    /// may end.
    pub(crate) async fn succeed(&mut self, predecessors: Vec<Predecessor>, files: &[UnixAddress]) {
        self.sockets.extend(files.iter().filter_map(adopt));
        for predecessor in predecessors {
            self.predecessors.push(predecessor.pid());
            predecessor.retire().await;
        }
    }

    /// Until another process has taken over, which then needs the address.
    pub(crate) fn serve_metrics(&mut self, endpoint: MetricsEndpoint) {
        self.metrics_address = Some(endpoint.address);
        let serving = endpoint.serve(self.observed());
        let replaced = self.replaced.clone();
        self.observers.spawn(async move {
            replaced.run_until_cancelled(serving).await;
        });
    }

    pub(crate) fn serve_status(&mut self, (listener, file): (UnixListener, SocketFile)) {
        let serving = serve_status(listener, file, self.observed());
        self.observers.spawn(serving);
    }

    fn observed(&self) -> Observed {
        Observed::new(self.inner.clone(), &self.addresses)
    }

    pub(crate) fn accept_from(&mut self, bound: Bound) {
        let Bound {
            configured,
            opened,
            policy,
        } = bound;
        if let Some(ListenAddress::Tcp(address)) = opened.address
            && matches!(policy.tls, TlsPolicy::Off)
        {
            self.in_the_clear.push(address);
        }
        if let Some(address) = opened.address {
            self.addresses.push(address);
            self.configured.push(configured);
        }
        self.sockets.extend(opened.files);
        let (proxy, stop) = (self.inner.clone(), self.stop.clone().cancelled_owned());
        let replaced = self.replaced.clone().cancelled_owned();
        self.listeners.spawn(async move {
            proxy
                .run_replaceable(opened.listener, policy, replaced, stop)
                .await
        });
    }
}
