use crate::{
    Config, ListenAddress, Pgs, config::DEFAULT_LISTEN, opened::Opened, proxy_salts::SaltKeeper,
    proxy_secret::proxy_secret,
};
use pgs_core::{
    Result,
    routing::{CatalogRouter, Router},
};
use pgs_proxy::{Ban, Counters, DrainReport, ListenerPolicy, ProxyConfig, SocketFiles};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A running proxy: one or more listeners in front of every tenant of a state directory.
///
/// It runs until [`shutdown`](Proxy::shutdown) is called or the value is dropped, which closes its sessions at once.
#[derive(Debug)]
pub struct Proxy {
    inner: pgs_proxy::Proxy,
    addresses: Vec<ListenAddress>,
    stop: CancellationToken,
    listeners: JoinSet<DrainReport>,
    sockets: Vec<SocketFiles>,
    salts: SaltKeeper,
}

impl Proxy {
    /// Begins to set up a proxy in front of these tenants.
    #[must_use]
    pub fn builder(pgs: &Pgs) -> ProxyBuilder {
        ProxyBuilder {
            pgs: pgs.clone(),
            listeners: Vec::new(),
            config: ProxyConfig::default(),
            router: None,
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

    /// Lets in nobody new, waits for the sessions for the drain grace, cuts the rest, and tells how many of each.
    pub async fn shutdown(mut self) -> DrainReport {
        self.stop.cancel();
        let mut total = DrainReport::default();
        while let Some(report) = self.listeners.join_next().await {
            let report = report.unwrap_or_default();
            total.drained += report.drained;
            total.cut += report.cut;
        }
        self.salts.finish().await;
        total
    }
}

/// What a [`Proxy`] is made from.
#[derive(Debug)]
pub struct ProxyBuilder {
    pgs: Pgs,
    listeners: Vec<(String, Result<ListenerPolicy>)>,
    config: ProxyConfig,
    router: Option<Arc<dyn Router>>,
}

impl ProxyBuilder {
    /// Listens here too; port 0 lets the operating system choose. See [`ListenAddress`] for how addresses are written, and a
    /// host name may stand before the port. Default: `127.0.0.1:5432`.
    #[must_use]
    pub fn listen(self, address: impl Into<String>) -> Self {
        self.listen_with(address, ListenerPolicy::default())
    }

    /// Listens here too, by a policy of its own.
    #[must_use]
    pub fn listen_with(mut self, address: impl Into<String>, policy: ListenerPolicy) -> Self {
        self.listeners.push((address.into(), Ok(policy)));
        self
    }

    /// Listens where, and allows what, this configuration says.
    #[must_use]
    pub fn config(mut self, config: &Config) -> Self {
        let listeners = config.serve.listeners();
        self.listeners = listeners
            .into_iter()
            .map(|listener| (listener.address.clone(), listener.policy()))
            .collect();
        self.config = config.serve.proxy_config();
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

    /// Binds every address and begins to accept.
    pub async fn start(mut self) -> Result<Proxy> {
        if self.listeners.is_empty() {
            self = self.listen(DEFAULT_LISTEN);
        }
        self.config.mock_secret = proxy_secret(self.pgs.state_dir())?;
        let catalog = Arc::clone(self.pgs.manager().catalog());
        let router = self
            .router
            .unwrap_or_else(|| Arc::new(CatalogRouter::new(catalog)));
        let inner = pgs_proxy::Proxy::new(router, self.config);
        let mut proxy = Proxy {
            salts: SaltKeeper::begin(&inner, self.pgs.state_dir())?,
            inner,
            addresses: Vec::new(),
            stop: CancellationToken::new(),
            listeners: JoinSet::new(),
            sockets: Vec::new(),
        };
        for (address, policy) in self.listeners {
            proxy.listen(&address, policy?).await?;
        }
        Ok(proxy)
    }
}

impl Proxy {
    async fn listen(&mut self, address: &str, policy: ListenerPolicy) -> Result<()> {
        let opened = Opened::at(address, &policy).await?;
        self.addresses.push(opened.address);
        self.sockets.extend(opened.files);
        let (proxy, stop) = (self.inner.clone(), self.stop.clone());
        let serving = async move {
            proxy
                .run(opened.listener, policy, stop.cancelled_owned())
                .await
        };
        self.listeners.spawn(serving);
        Ok(())
    }
}
