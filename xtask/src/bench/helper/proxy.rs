//! `pgs_proxy::Proxy` as `pgs serve` runs it, with a router that always gives the same answer.

use std::future::pending;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use pgs_core::routing::{Refusal, Route, RouteRequest, Router};
use pgs_core::{Endpoint, TenantUid, Timestamp};
use pgs_proxy::{
    KeyPair, ListenerPolicy, Proxy, ProxyConfig, TlsPolicy, TlsServer, TlsSettings, bind,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    listen: SocketAddr,
    /// The server's socket file
    #[arg(long)]
    socket: PathBuf,
    /// Threads of the proxy's own; 0 leaves it to the runtime of this program [default: one for each processor]
    #[arg(long)]
    threads: Option<usize>,
    /// Encrypt: the certificate's file
    #[arg(long, requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    #[arg(long, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let policy = self.policy()?;
        let uid = TenantUid::new(Timestamp::from_millis(0));
        let route = Route::new(uid, "bench".parse()?, Endpoint::Unix(self.socket));
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let config = ProxyConfig {
            threads: self.threads.unwrap_or(processors),
            ..ProxyConfig::default()
        };
        let proxy = Proxy::new(Arc::new(OneWay(route)), config);
        proxy.run(bind(self.listen)?, policy, pending()).await;
        Ok(())
    }

    fn policy(&self) -> Result<ListenerPolicy> {
        let mut policy = ListenerPolicy::default();
        if let Some((certificate, key)) = self.tls_certificate.clone().zip(self.tls_key.clone()) {
            let pair = KeyPair { certificate, key };
            policy.tls = TlsPolicy::Require(TlsServer::load(TlsSettings::new(pair))?);
        }
        Ok(policy)
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
