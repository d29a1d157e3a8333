use super::{Backend, Client, Gateway, Session, eager, login, soon, startup};
use pgs_proxy::{
    ClientAuth, ClientCertificates, KeyPair, ListenerPolicy, ProxyConfig, TlsPolicy, TlsServer,
    TlsSettings,
};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use std::{io, sync::Arc};
use tempfile::TempDir;
use testkit::{
    certificates::{Authority, Issued},
    message::SSL_REQUEST,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A client that speaks TLS.
pub(crate) type Safe = Client<TlsStream<TcpStream>>;

/// Certificates, and what clients know of them.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) authority: Authority,
    pub(crate) files: TempDir,
    pub(crate) pairs: Vec<KeyPair>,
}

impl Tls {
    /// Certificates for each of these lists of names, in this order.
    pub(crate) fn for_names(names: &[&[&str]]) -> Self {
        let authority = Authority::new("the authority");
        let files = testkit::state_dir();
        let pairs = names.iter().enumerate().map(|(number, names)| {
            let issued = authority.server(names);
            let (certificate, key) = issued.write(files.path(), &number.to_string());
            KeyPair { certificate, key }
        });
        let pairs = pairs.collect();
        Self {
            authority,
            files,
            pairs,
        }
    }

    pub(crate) fn localhost() -> Self {
        Self::for_names(&[&["localhost"]])
    }

    pub(crate) fn settings(&self) -> TlsSettings {
        let mut settings = TlsSettings::default();
        settings.pairs.clone_from(&self.pairs);
        settings
    }

    pub(crate) fn server(&self) -> TlsServer {
        TlsServer::load(self.settings()).unwrap()
    }

    /// A server that wants certificates of clients, signed by this authority.
    pub(crate) fn server_for_clients(&self, clients: &Authority, auth: ClientAuth) -> TlsServer {
        let authorities = self.files.path().join("clients.crt");
        std::fs::write(&authorities, clients.pem()).unwrap();
        let mut settings = self.settings();
        settings.clients = Some(ClientCertificates { authorities, auth });
        TlsServer::load(settings).unwrap()
    }

    pub(crate) fn config(&self) -> ClientConfig {
        self.config_with(&[&rustls::version::TLS13, &rustls::version::TLS12], None)
    }

    pub(crate) fn config_with(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        own: Option<&Issued>,
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap();
        roots.add(root).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match own {
            None => builder.with_no_client_auth(),
            Some(own) => {
                let own_certificate =
                    CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
                builder
                    .with_client_auth_cert(vec![own_certificate], key)
                    .unwrap()
            }
        };
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        config
    }

    /// Speaks TLS over a connection on which it is its turn.
    pub(crate) async fn over(
        stream: TcpStream,
        config: ClientConfig,
        host: &str,
    ) -> io::Result<Safe> {
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        soon(connector.connect(name, stream)).await.map(Client)
    }

    /// A client that begins with TLS.
    pub(crate) async fn direct(&self, gateway: &Gateway) -> Safe {
        let client = gateway.connect().await;
        Self::over(client.0, self.config(), "localhost")
            .await
            .unwrap()
    }

    /// A client that asks first.
    pub(crate) async fn negotiated(&self, gateway: &Gateway) -> Safe {
        Self::negotiated_with(gateway, self.config(), "localhost")
            .await
            .unwrap()
    }

    pub(crate) async fn negotiated_with(
        gateway: &Gateway,
        config: ClientConfig,
        host: &str,
    ) -> io::Result<Safe> {
        let mut client = gateway.connect().await;
        client.send(SSL_REQUEST).await;
        client.expect(b"S").await;
        Self::over(client.0, config, host).await
    }
}

impl Gateway {
    /// A proxy with one tenant called `acme` and this policy.
    pub(crate) fn with_tls(tls: TlsPolicy) -> (Self, Backend) {
        Self::with_tls_and(eager(), tls)
    }

    pub(crate) fn with_tls_and(config: ProxyConfig, tls: TlsPolicy) -> (Self, Backend) {
        let mut policy = ListenerPolicy::default();
        policy.tls = tls;
        let gateway = Self::open_with(config, policy);
        let backend = Backend::unix();
        gateway.router.lead("acme", backend.endpoint());
        (gateway, backend)
    }
}

impl Safe {
    /// Logs in as `acme`.
    pub(crate) async fn log_in(&mut self, backend: &Backend) -> Session {
        self.send(&startup("acme")).await;
        let mut session = backend.accept().await;
        session.expect(&startup("acme")).await;
        let greeting = login(7, b"abcd");
        session.send(&greeting).await;
        self.expect(&greeting).await;
        session
    }
}
