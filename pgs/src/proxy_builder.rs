use crate::{
    Config, Pgs, Proxy, ServeSection,
    config::DEFAULT_LISTEN,
    listener_keys::host_needs_tls,
    listening::{Bound, Wanted, predecessors},
    observe::{MetricsEndpoint, SocketFile},
    proxy_salts::SaltKeeper,
    proxy_secret::proxy_secret,
    session_ender::SessionEnder,
    takeover::{Peers, Place, Predecessor},
};
use pgs_core::{
    Result,
    routing::{CatalogRouter, Router},
};
use pgs_proxy::{Helpers, ListenerPolicy, ProxyConfig, TlsServer};
use std::sync::Arc;

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
    pub(crate) fn new(pgs: Pgs) -> Self {
        Self {
            pgs,
            listeners: Vec::new(),
            serve: None,
            config: ServeSection::default().proxy_config(),
            router: None,
            replaceable: false,
            takeover: false,
            metrics: None,
            status_socket: false,
        }
    }

    /// Listens here too; port 0 lets the operating system choose. See [`ListenAddress`](crate::ListenAddress) for how addresses are written; a
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

    /// The limits and deadlines, instead of the defaults. [`threads`](ProxyConfig::threads) is 0 there unless you set it.
    #[must_use]
    pub fn limits(mut self, limits: ProxyConfig) -> Self {
        self.config = limits;
        self
    }

    /// An application's own rule instead of "the user name is the tenant".
    ///
    /// It is asked on the runtime that calls [`start`](ProxyBuilder::start): this turns the proxy's own
    /// [`threads`](ProxyConfig::threads) off. Turn them on again with [`limits`](ProxyBuilder::limits), after this, if the
    /// router neither blocks nor leaves tasks behind that other parts of the application need.
    #[must_use]
    pub fn router(mut self, router: Arc<dyn Router>) -> Self {
        self.config.threads = 0;
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
        let (bound, predecessors) = self.bind(place.as_ref()).await?;
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
        // Nothing fails from here on.
        proxy.succeed(predecessors, &unadopted).await;
        let endpoint = match metrics {
            Some(address) if is_successor => MetricsEndpoint::inherit(&address).await,
            _ => endpoint,
        };
        if let Some(endpoint) = endpoint {
            proxy.serve_metrics(endpoint);
        }
        Ok(proxy)
    }

    /// Binds every address, or gets its socket from whoever is to be taken over from.
    async fn bind(&mut self, place: Option<&Place>) -> Result<(Vec<Bound>, Vec<Predecessor>)> {
        let mut wanted = Vec::new();
        for (address, policy) in std::mem::take(&mut self.listeners) {
            wanted.push(Wanted::new(address, policy).await?);
        }
        let mut predecessors = match place {
            Some(place) if self.takeover => predecessors(place, &wanted).await?,
            _ => Vec::new(),
        };
        let mut bound = Vec::new();
        for wanted in wanted {
            bound.extend(wanted.bind(&mut predecessors)?);
        }
        Ok((bound, predecessors))
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
        let salts = SaltKeeper::begin(&inner, self.pgs.state_dir())?;
        let mut proxy = Proxy::idle(inner, salts, tls);
        // Whatever can fail comes before the first connection is accepted, which a failure would cut.
        let status = self.status_socket;
        let status = status.then(|| SocketFile::bind(self.pgs.state_dir()));
        let status = status.transpose()?;
        if let (Some(place), Some(peers)) = (place, peers) {
            proxy.be_present(&place, peers, &bound, ancestors)?;
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
