use crate::{
    Config, Pgs, ServeSection, config::DEFAULT_LISTEN, handle::resolve,
    listener_keys::host_needs_tls, proxy_salts::SaltKeeper, proxy_secret::proxy_secret,
};
use pgs_core::{
    Error, ErrorKind, Result,
    routing::{CatalogRouter, Router},
};
use pgs_proxy::{Ban, Counters, DrainReport, ListenerPolicy, ProxyConfig, TlsPolicy, TlsServer};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;

/// A running proxy: one or more listeners in front of every tenant of a state directory.
///
/// It runs until [`shutdown`](Proxy::shutdown) is called or the value is dropped, which closes its sessions at once.
#[derive(Debug)]
pub struct Proxy {
    inner: pgs_proxy::Proxy,
    addresses: Vec<SocketAddr>,
    stop: CancellationToken,
    listeners: JoinSet<DrainReport>,
    tls: Option<TlsServer>,
    /// Those whose clients cannot speak TLS.
    in_the_clear: Vec<SocketAddr>,
    /// Watches the certificates; ends when dropped.
    watch: JoinSet<()>,
    salts: SaltKeeper,
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
        }
    }

    /// The first listener's address, with the port the operating system chose if it was asked to.
    pub fn address(&self) -> SocketAddr {
        // `start` binds at least one.
        self.addresses
            .first()
            .copied()
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Every listener's address.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
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
    listeners: Vec<(String, ListenerPolicy)>,
    serve: Option<ServeSection>,
    config: ProxyConfig,
    router: Option<Arc<dyn Router>>,
}

impl ProxyBuilder {
    /// Listens here too; port 0 lets the operating system choose. Default: `127.0.0.1:5432`.
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

    /// Reads the certificates, binds every address and begins to accept.
    pub async fn start(mut self) -> Result<Proxy> {
        let tls = self.take_in_configuration()?;
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
            tls,
            in_the_clear: Vec::new(),
            watch: JoinSet::new(),
        };
        proxy.watch_certificates();
        for (address, policy) in self.listeners {
            proxy.listen(&address, policy).await?;
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
    fn watch_certificates(&mut self) {
        if let Some(tls) = self.tls.clone() {
            self.watch.spawn(async move { match tls.watch().await {} });
        }
    }

    async fn listen(&mut self, address: &str, policy: ListenerPolicy) -> Result<()> {
        let refused = |source| cannot_listen(address, source);
        let listener = pgs_proxy::bind(resolve(address).await?).map_err(refused)?;
        let bound = listener.local_addr().map_err(refused)?;
        self.addresses.push(bound);
        if matches!(policy.tls, TlsPolicy::Off) {
            self.in_the_clear.push(bound);
        }
        let (proxy, stop) = (self.inner.clone(), self.stop.clone());
        self.listeners
            .spawn(async move { proxy.run(listener, policy, stop.cancelled_owned()).await });
        Ok(())
    }
}

fn cannot_listen(address: &str, source: std::io::Error) -> Error {
    let error = match source.kind() {
        std::io::ErrorKind::AddrInUse => Error::new(
            ErrorKind::AlreadyExists,
            format!("something else listens on `{address}` already"),
        )
        .with_remedy("choose another port with --listen, such as 127.0.0.1:6432"),
        _ => Error::io(
            format!("cannot listen on `{address}`"),
            std::io::Error::from(source.kind()),
        ),
    };
    error.with_source(source)
}
