//! A tunnel into a server's TLS, as stunnel is one in client mode with `protocol = pgsql`, and a router that leads into it.

use crate::common::Stage;
use async_trait::async_trait;
use pgs::{
    Endpoint, TenantUid, Timestamp,
    routing::{Refusal, Route, RouteRequest, Router},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};
use tempfile::TempDir;
use testkit::message::SSL_REQUEST;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpStream, UnixListener, UnixStream},
    task::JoinHandle,
};
use tokio_rustls::TlsConnector;

/// Whatever comes to its socket goes to the server in TLS.
#[derive(Debug)]
pub(crate) struct Tunnel {
    folder: TempDir,
    work: JoinHandle<()>,
}

impl Tunnel {
    /// One to this server, for whose certificate this authority vouches.
    pub(crate) fn to(stage: &Stage, server: SocketAddr, authority: &str) -> Self {
        let folder = testkit::state_dir();
        let socket = folder.path().join(SOCKET);
        let connector = connector(authority);
        stage.run("open a tunnel", async {
            let listener = UnixListener::bind(socket).unwrap();
            let work = tokio::spawn(accept(listener, server, connector));
            Self { folder, work }
        })
    }

    /// Its socket.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(SOCKET)
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        self.work.abort();
    }
}

async fn accept(listener: UnixListener, server: SocketAddr, connector: TlsConnector) {
    while let Ok((client, _)) = listener.accept().await {
        // How it ends is between the two ends.
        tokio::spawn(carry(client, server, connector.clone()));
    }
}

async fn carry(
    mut client: UnixStream,
    server: SocketAddr,
    connector: TlsConnector,
) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    server.write_all(SSL_REQUEST).await?;
    assert_eq!(server.read_u8().await?, b'S', "the server speaks no TLS");
    let name = ServerName::try_from("localhost").unwrap();
    let mut server = connector.connect(name, server).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

fn connector(authority: &str) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority.as_bytes()).unwrap();
    roots.add(authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config).into()
}

/// Leads one tenant to one socket.
#[derive(Debug)]
pub(crate) struct OneWay(Route);

impl OneWay {
    pub(crate) fn new(tenant: &str, socket: PathBuf) -> Self {
        let uid = TenantUid::new(Timestamp::from_millis(1_700_000_000_000));
        let endpoint = Endpoint::Unix(socket);
        Self(Route::new(uid, tenant.parse().unwrap(), endpoint))
    }
}

#[async_trait]
impl Router for OneWay {
    async fn route(&self, request: &RouteRequest<'_>) -> Result<Route, Refusal> {
        if request.user == self.0.id.as_str().as_bytes() {
            Ok(self.0.clone())
        } else {
            Err(Refusal::UnknownTenant)
        }
    }

    async fn admits(&self, _uid: TenantUid) -> bool {
        true
    }
}

const SOCKET: &str = "tunnel";
