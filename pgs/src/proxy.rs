use crate::{
    Config, ListenAddress, Pgs, ServeSection,
    config::DEFAULT_LISTEN,
    listener_keys::host_needs_tls,
    listening::{Bound, Wanted, predecessors},
    observe::{MetricsEndpoint, Observed, SocketFile, serve_status},
    opened::adopt,
    proxy_salts::SaltKeeper,
    proxy_secret::proxy_secret,
    session_ender::SessionEnder,
    takeover::{Desk, Peers, Place, Predecessor, Presence},
};
use pgs_core::{
    Result,
    routing::{CatalogRouter, Router},
};
use pgs_proxy::{
    Ban, Counters, DrainReport, Helpers, ListenerPolicy, ProxyConfig, SessionInfo, SocketFiles,
    TlsPolicy, TlsServer,
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::{
    net::UnixListener,
    task::{JoinSet, spawn_blocking},
};
use tokio_util::sync::CancellationToken;

/// A running proxy: one or more listeners in front of every tenant of a state directory.
///
/// It runs until [`shutdown`](Proxy::shutdown) is called or the value is dropped, which closes its sessions at once.
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
    watch: JoinSet<()>,
    salts: SaltKeeper,
    sockets: Vec<SocketFiles>,
    predecessors: Vec<u32>,
    presence: Option<Presence>,
}

impl Proxy {
    /// Begins to set up a proxy in front of these tenants.
    #[must_use]
    pub fn builder(pgs: &Pgs) -> ProxyBuilder {
        ProxyBuilder {
            pgs: pgs.clone(),
            listeners: Vec::new(),
            serve: None,
            config: ProxyConfig::default(),
            router: None,
            replaceable: false,
            takeover: false,
            metrics: None,
            status_socket: false,
        }
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

/// What a [`Proxy`] is made from.
#[derive(Debug)]
pub struct ProxyBuilder {
    pgs: Pgs,
    listeners: Vec<(String, ListenerPolicy)>,
    serve: Option<ServeSection>,
    config: ProxyConfig,
    router: Option<Arc<dyn Router>>,
    replaceable: bool,
    takeover: bool,
    metrics: Option<String>,
    status_socket: bool,
}

impl ProxyBuilder {
    /// Listens here too; port 0 lets the operating system choose. See [`ListenAddress`] for how addresses are written; a
    /// host name may stand before the port, and `systemd` or `systemd:<name>` means the sockets that systemd passed.
    /// Default: `127.0.0.1:5432`.
    #[must_use]
    pub fn listen(self, address: impl Into<String>) -> Self {
        self.listen_with(address, ListenerPolicy::default())
    }

    /// Listens here too, by a policy of its own.
    #[must_use]
    pub fn listen_with(mut self, address: impl Into<String>, policy: ListenerPolicy) -> Self {
        self.listeners.push((address.into(), policy));
        self
    }

    /// Listens where, and allows what, this configuration says.
    #[must_use]
    pub fn config(mut self, config: &Config) -> Self {
        self.listeners.clear();
        self.serve = Some(config.serve.clone());
        self.config = config.serve.proxy_config();
        self.metrics.clone_from(&config.serve.metrics);
        self
    }

    /// The limits and deadlines, instead of the defaults.
    #[must_use]
    pub fn limits(mut self, limits: ProxyConfig) -> Self {
        self.config = limits;
        self
    }

    /// An application's own rule instead of "the user name is the tenant".
    #[must_use]
    pub fn router(mut self, router: Arc<dyn Router>) -> Self {
        self.router = Some(router);
        self
    }

    /// Lets a later process take over ([`takeover`](ProxyBuilder::takeover)), upon which this one
    /// [is replaced](Proxy::replaced). Cancel requests find the sessions of all such processes.
    ///
    /// It answers on a Unix socket in the state directory's folder `serve`, to its own user and root. Default: it does not.
    #[must_use]
    pub fn replaceable(mut self) -> Self {
        self.replaceable = true;
        self
    }

    /// Takes over from the process that serves this state directory, if there is one, so that no connection attempt fails
    /// meanwhile: its listening sockets are accepted from here, by address, and it keeps the sessions it has until they
    /// end. An address of its that is not named here is no longer listened on.
    ///
    /// Of several such processes, those are replaced that listen on an address named here. This proxy is
    /// [replaceable](ProxyBuilder::replaceable) too.
    #[must_use]
    pub fn takeover(mut self) -> Self {
        self.takeover = true;
        self.replaceable()
    }

    /// Serves metrics for Prometheus over HTTP at this address, such as `127.0.0.1:9432`: `/metrics`, and `/healthz` and
    /// `/readyz` for load balancers. Whoever reaches the address may read them. Default: it does not.
    #[must_use]
    pub fn metrics(mut self, address: impl Into<String>) -> Self {
        self.metrics = Some(address.into());
        self
    }

    /// Tells of its sessions on a Unix socket in the state directory, for `pgs top` and [`status`](crate::status), to this
    /// process's own user and root. Default: it does not.
    #[must_use]
    pub fn status_socket(mut self) -> Self {
        self.status_socket = true;
        self
    }

    /// Reads the certificates, binds every address and begins to accept.
    ///
    /// After an error, a process that was to be taken over from goes on as if nothing had happened.
    pub async fn start(mut self) -> Result<Proxy> {
        let tls = self.take_in_configuration()?;
        if self.listeners.is_empty() {
            self = self.listen(DEFAULT_LISTEN);
        }
        self.config.mock_secret = proxy_secret(self.pgs.state_dir())?;
        let place = if self.replaceable {
            Some(Place::make(self.pgs.state_dir())?)
        } else {
            None
        };
        let mut wanted = Vec::new();
        for (address, policy) in std::mem::take(&mut self.listeners) {
            wanted.push(Wanted::new(address, policy).await?);
        }
        let mut predecessors = match &place {
            Some(place) if self.takeover => predecessors(place, &wanted).await?,
            _ => Vec::new(),
        };
        let mut bound = Vec::new();
        for wanted in wanted {
            bound.extend(wanted.bind(&mut predecessors)?);
        }
        // A predecessor still has the address of the metrics, and nothing about them may fail a takeover.
        let (metrics, is_successor) = (self.metrics.take(), !predecessors.is_empty());
        let endpoint = match &metrics {
            Some(address) if !is_successor => Some(MetricsEndpoint::bind(address).await?),
            _ => None,
        };
        let ancestors = predecessors.iter().flat_map(Predecessor::lineage);
        let ancestors = ancestors.cloned().collect();
        let unadopted = bound.iter().filter_map(|one| one.opened.unadopted.clone());
        let unadopted: Vec<_> = unadopted.collect();
        let mut proxy = self.begin(tls, bound, place, ancestors)?;
        // Nothing fails from here on, and the predecessors must find whose the files are before they may end.
        proxy.sockets.extend(unadopted.iter().filter_map(adopt));
        for predecessor in predecessors {
            proxy.predecessors.push(predecessor.pid());
            predecessor.retire().await;
        }
        let endpoint = match metrics {
            Some(address) if is_successor => MetricsEndpoint::inherit(&address).await,
            _ => endpoint,
        };
        if let Some(endpoint) = endpoint {
            proxy.serve_metrics(endpoint);
        }
        Ok(proxy)
    }

    fn begin(
        self,
        tls: Option<TlsServer>,
        bound: Vec<Bound>,
        place: Option<Place>,
        ancestors: Vec<String>,
    ) -> Result<Proxy> {
        let manager = self.pgs.manager();
        let router = self
            .router
            .unwrap_or_else(|| Arc::new(CatalogRouter::new(Arc::clone(manager.catalog()))));
        let peers = place.clone().map(Peers::new);
        let mut helpers = Helpers::default();
        helpers.session_ender = Some(Arc::new(SessionEnder(manager.clone())));
        helpers.cancel_peers = peers.clone().map(|peers| Arc::new(peers) as _);
        let inner = pgs_proxy::Proxy::with_helpers(router, self.config, helpers);
        let mut proxy = Proxy {
            salts: SaltKeeper::begin(&inner, self.pgs.state_dir())?,
            inner,
            addresses: Vec::new(),
            configured: Vec::new(),
            stop: CancellationToken::new(),
            replaced: CancellationToken::new(),
            listeners: JoinSet::new(),
            report: DrainReport::default(),
            observers: JoinSet::new(),
            metrics_address: None,
            sockets: Vec::new(),
            tls,
            in_the_clear: Vec::new(),
            watch: JoinSet::new(),
            predecessors: Vec::new(),
            presence: None,
        };
        proxy.watch_certificates();
        // Whatever can fail comes before the first connection is accepted, which a failure would cut.
        let status = self.status_socket;
        let status = status.then(|| SocketFile::bind(self.pgs.state_dir()));
        let status = status.transpose()?;
        if let (Some(place), Some(peers)) = (place, peers) {
            let listeners = bound
                .iter()
                .map(|bound| (bound.configured.as_str(), &bound.opened.listener));
            let desk = Desk::new(
                proxy.inner.clone(),
                listeners,
                ancestors,
                proxy.replaced.clone(),
                proxy.stop.clone(),
            )?;
            proxy.presence = Some(Presence::open(&place, peers, desk)?);
        }
        for bound in bound {
            proxy.accept_from(bound);
        }
        if let Some(status) = status {
            proxy.serve_status(status);
        }
        Ok(proxy)
    }

    /// The listeners of the configuration come first. Returns what they speak TLS with.
    fn take_in_configuration(&mut self) -> Result<Option<TlsServer>> {
        let Some(serve) = self.serve.take() else {
            return Ok(None);
        };
        let tls = serve.tls.settings()?.map(TlsServer::load).transpose()?;
        let mut listeners = Vec::new();
        for listener in serve.listeners() {
            let mut policy = listener.policy()?;
            let server = tls.as_ref();
            policy.tls = serve.tls.policy(&listener.address, listener.tls, server)?;
            host_needs_tls(&listener.address, &policy)?;
            listeners.push((listener.address, policy));
        }
        listeners.append(&mut self.listeners);
        self.listeners = listeners;
        Ok(tls)
    }
}

impl Proxy {
    /// Until another process has taken over, which then needs the address.
    fn serve_metrics(&mut self, endpoint: MetricsEndpoint) {
        self.metrics_address = Some(endpoint.address);
        let serving = endpoint.serve(self.observed());
        let replaced = self.replaced.clone();
        self.observers.spawn(async move {
            replaced.run_until_cancelled(serving).await;
        });
    }

    fn serve_status(&mut self, (listener, file): (UnixListener, SocketFile)) {
        let serving = serve_status(listener, file, self.observed());
        self.observers.spawn(serving);
    }

    fn observed(&self) -> Observed {
        Observed::new(self.inner.clone(), &self.addresses)
    }

    fn watch_certificates(&mut self) {
        if let Some(tls) = self.tls.clone() {
            self.watch.spawn(async move { match tls.watch().await {} });
        }
    }

    fn accept_from(&mut self, bound: Bound) {
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
