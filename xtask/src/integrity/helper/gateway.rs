use std::future::pending;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use pgs_core::routing::{Refusal, Route, RouteRequest, Router};
use pgs_core::{Endpoint, TenantUid, Timestamp};
use pgs_proxy::{Listener, ListenerPolicy, Proxy, ProxyConfig, bind};
use tokio::net::UnixListener;

use crate::server::USER;

/// `pgs_proxy::Proxy` as `pgs serve` runs it, with a router that always gives the same answer.
pub(crate) struct Gateway(Proxy);

impl Gateway {
    pub(crate) fn to(endpoint: Endpoint) -> Result<Self> {
        let uid = TenantUid::new(Timestamp::from_millis(0));
        let route = Route::new(uid, USER.parse()?, endpoint);
        let config = ProxyConfig {
            threads: std::thread::available_parallelism()?.get(),
            ..ProxyConfig::default()
        };
        Ok(Self(Proxy::new(Arc::new(OneWay(route)), config)))
    }

    pub(crate) fn listen(&self, policy: ListenerPolicy) -> Result<SocketAddr> {
        let listener = bind(([127, 0, 0, 1], 0).into())?;
        let address = listener.local_addr()?;
        self.serve(listener, policy);
        Ok(address)
    }

    pub(crate) fn listen_at(&self, path: &Path) -> Result<()> {
        self.serve(UnixListener::bind(path)?, ListenerPolicy::default());
        Ok(())
    }

    fn serve(&self, listener: impl Into<Listener>, policy: ListenerPolicy) {
        let (proxy, listener) = (self.0.clone(), listener.into());
        tokio::spawn(async move { proxy.run(listener, policy, pending()).await });
    }

    /// What reached the servers, and what reached the clients.
    pub(crate) fn moved(&self) -> (u64, u64) {
        let counted = self.0.counters().snapshot();
        (counted.bytes_to_backend, counted.bytes_to_client)
    }

    pub(crate) fn live_sessions(&self) -> u64 {
        self.0.counters().snapshot().live_sessions
    }
}

#[derive(Debug)]
struct OneWay(Route);

#[async_trait]
impl Router for OneWay {
    async fn route(&self, _: &RouteRequest<'_>) -> Result<Route, Refusal> {
        Ok(self.0.clone())
    }

    async fn admits(&self, _: TenantUid) -> bool {
        true
    }
}
