use super::{Backend, Client, Session, TestRouter, login, soon, startup};
use pgs_core::TenantUid;
use pgs_proxy::{DrainReport, Helpers, ListenerPolicy, Proxy, ProxyConfig, bind};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{sync::oneshot, task::JoinHandle};

/// A proxy that is serving.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    pub(crate) proxy: Proxy,
    pub(crate) router: Arc<TestRouter>,
    stop: Option<oneshot::Sender<()>>,
    replace: Option<oneshot::Sender<()>>,
    served: JoinHandle<DrainReport>,
}

/// A configuration in which nothing is waited for.
pub(crate) fn eager() -> ProxyConfig {
    ProxyConfig {
        start_wait: Duration::ZERO,
        drain_grace: Duration::ZERO,
        revocation_tick: Duration::from_millis(1),
        revocation_grace: Duration::ZERO,
        ..ProxyConfig::default()
    }
}

impl Gateway {
    pub(crate) fn open(config: ProxyConfig) -> Self {
        Self::open_with(config, ListenerPolicy::default())
    }

    /// One whose listener has a policy of its own.
    pub(crate) fn open_with(config: ProxyConfig, policy: ListenerPolicy) -> Self {
        Self::start(config, policy, Helpers::default())
    }

    /// One that the program around it helps.
    pub(crate) fn helped(config: ProxyConfig, helpers: Helpers) -> Self {
        Self::start(config, ListenerPolicy::default(), helpers)
    }

    fn start(config: ProxyConfig, policy: ListenerPolicy, helpers: Helpers) -> Self {
        let router = Arc::new(TestRouter::default());
        let proxy = Proxy::with_helpers(Arc::clone(&router) as _, config, helpers);
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (replace, replaced) = oneshot::channel();
        let serving = proxy.clone();
        let served = tokio::spawn(async move {
            let shutdown = async { stopped.await.unwrap_or_default() };
            let replaced = async { replaced.await.unwrap_or_default() };
            serving
                .run_replaceable(listener, policy, replaced, shutdown)
                .await
        });
        Self {
            address,
            proxy,
            router,
            stop: Some(stop),
            replace: Some(replace),
            served,
        }
    }

    /// A proxy with one tenant called `acme`.
    pub(crate) fn with_tenant(config: ProxyConfig) -> (Self, Backend, TenantUid) {
        Self::with_tenant_and(config, Helpers::default())
    }

    pub(crate) fn with_tenant_and(
        config: ProxyConfig,
        helpers: Helpers,
    ) -> (Self, Backend, TenantUid) {
        let gateway = Self::helped(config, helpers);
        let backend = Backend::unix();
        let uid = gateway.router.lead("acme", backend.endpoint());
        (gateway, backend, uid)
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// A session of `acme` that is ready for queries.
    pub(crate) async fn session(&self, backend: &Backend) -> (Client, Session) {
        let mut client = self.connect().await;
        client.send(&startup("acme")).await;
        let mut session = backend.accept().await;
        session.expect(&startup("acme")).await;
        let greeting = login(7, b"abcd");
        session.send(&greeting).await;
        client.expect(&greeting).await;
        (client, session)
    }

    pub(crate) fn shut_down(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) fn be_replaced(&mut self) {
        self.replace.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn report(self) -> DrainReport {
        soon(self.served).await.unwrap()
    }

    /// Drops the future that serves.
    pub(crate) async fn drop_future(self) {
        self.served.abort();
        assert!(self.served.await.unwrap_err().is_cancelled());
    }
}
