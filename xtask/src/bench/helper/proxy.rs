//! `pgs_proxy::Proxy` as `pgs serve` runs it, with a router that always gives the same answer.

use std::future::pending;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use pgs_core::routing::{Refusal, Route, RouteRequest, Router};
use pgs_core::{Endpoint, TenantUid, Timestamp};
use pgs_proxy::{ListenerPolicy, Proxy, ProxyConfig, bind};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    listen: SocketAddr,
    /// The server's socket file
    #[arg(long)]
    socket: PathBuf,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let uid = TenantUid::new(Timestamp::from_millis(0));
        let route = Route::new(uid, "bench".parse()?, Endpoint::Unix(self.socket));
        let proxy = Proxy::new(Arc::new(OneWay(route)), ProxyConfig::default());
        let policy = ListenerPolicy::default();
        proxy.run(bind(self.listen)?, policy, pending()).await;
        Ok(())
    }
}

#[derive(Debug)]
struct OneWay(Route);

#[async_trait]
impl Router for OneWay {
    async fn route(&self, request: &RouteRequest<'_>) -> Result<Route, Refusal> {
        if request.user == self.0.id.as_str().as_bytes() {
            Ok(self.0.clone())
        } else {
            Err(Refusal::UnknownTenant)
        }
    }

    async fn admits(&self, _: TenantUid) -> bool {
        true
    }
}
