//! A proxy in front of a server that lets everybody come and tells nothing.

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use pgs::{
    Config, Endpoint, Pgs, Proxy, TenantId, TenantUid, Timestamp,
    routing::{Refusal, Route, RouteRequest, Router},
};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;
use testkit::within;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
};

#[derive(Debug)]
pub(crate) struct House {
    directory: TempDir,
    pgs: Pgs,
    server: SocketAddr,
}

/// Every valid name is a tenant's.
#[derive(Debug)]
struct Everybody(SocketAddr);

#[async_trait]
impl Router for Everybody {
    async fn route(&self, request: &RouteRequest<'_>) -> Result<Route, Refusal> {
        let name = std::str::from_utf8(request.user).unwrap_or_default();
        let id: TenantId = name.parse().map_err(|_| Refusal::UnknownTenant)?;
        let uid = TenantUid::new(Timestamp::from_millis(1_700_000_000_000));
        Ok(Route::new(uid, id, Endpoint::Tcp(self.0)))
    }

    async fn admits(&self, _uid: TenantUid) -> bool {
        true
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.state_dir = Some(directory.path().to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut session, _)) = listener.accept().await {
                tokio::spawn(
                    async move { tokio::io::copy(&mut session, &mut tokio::io::sink()).await },
                );
            }
        });
        Self {
            pgs: Pgs::open(&config).await.unwrap(),
            directory,
            server,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) async fn proxy(&self) -> Proxy {
        Proxy::builder(&self.pgs)
            .listen("127.0.0.1:0")
            .router(Arc::new(Everybody(self.server)))
            .metrics("127.0.0.1:0")
            .status_socket()
            .start()
            .await
            .unwrap()
    }
}

/// A client of this name that has said who it is.
pub(crate) async fn knock(proxy: &Proxy, user: &str) -> TcpStream {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    let body = format!("\0\x03\0\0user\0{user}\0application_name\0a\u{202E}b\0\0");
    let size = u32::try_from(body.len() + 4).unwrap();
    stream.write_all(&size.to_be_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    stream
}

/// Waits until the proxy has this many sessions.
pub(crate) async fn until_sessions(proxy: &Proxy, count: usize) {
    within("the sessions", async {
        while proxy.sessions().len() != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The status, the content type and the body of an answer.
pub(crate) async fn get(proxy: &Proxy, path: &str) -> (u16, String, String) {
    let client: Client<HttpConnector, Body> =
        Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let address = proxy.metrics_address().unwrap();
    let url = format!("http://{address}{path}").parse().unwrap();
    let answer = within("an answer", client.get(url)).await.unwrap();
    let status = answer.status().as_u16();
    let kind = answer.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = to_bytes(Body::new(answer.into_body()), 1 << 20).await;
    (
        status,
        kind,
        String::from_utf8(body.unwrap().into()).unwrap(),
    )
}

/// Far longer than a second, for a machine that is busy.
pub(crate) const LONG: Duration = Duration::from_secs(20);
