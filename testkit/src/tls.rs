use crate::{RawClient, message};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{fmt, sync::Arc};

/// How clients of a test speak TLS: they trust one authority, and look for `localhost`.
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
}

/// A client's first TLS message, which can be sent whole, in pieces, or behind something else.
pub struct Hello {
    pub(crate) connection: ClientConnection,
    bytes: Vec<u8>,
}

impl TlsClient {
    /// Trusts this authority, and offers the protocol `postgresql` (ALPN).
    pub fn trusting(authority: &str) -> Self {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            let certificate = certificate.expect("an authority's file has certificates");
            roots.add(certificate).expect("an authority is one");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider knows every version")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            config: Arc::new(config),
        }
        .offering(&[b"postgresql"])
    }

    /// The same, but it offers these protocols.
    #[must_use]
    pub fn offering(&self, protocols: &[&[u8]]) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Self {
            config: Arc::new(config),
        }
    }

    /// A new first message.
    pub fn hello(&self) -> Hello {
        let name = ServerName::try_from("localhost").expect("it is a name");
        let mut connection = ClientConnection::new(Arc::clone(&self.config), name)
            .expect("the configuration is whole");
        let mut bytes = Vec::new();
        connection
            .write_tls(&mut bytes)
            .expect("there is room in memory");
        Hello { connection, bytes }
    }

    /// Asks for TLS and speaks it.
    pub fn after_a_request(&self, mut client: RawClient) -> RawClient {
        client.send(message::SSL_REQUEST);
        let answer = client.bytes(1);
        assert_eq!(answer, b"S", "it speaks no TLS");
        self.at_once(client)
    }

    /// Speaks TLS without asking.
    pub fn at_once(&self, mut client: RawClient) -> RawClient {
        let hello = self.hello();
        client.send(hello.bytes());
        let shaken = client.shake_hands(hello);
        shaken.unwrap_or_else(|error| panic!("no TLS: {error}"));
        client
    }
}

impl Hello {
    /// What goes over the wire.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient").finish_non_exhaustive()
    }
}

impl fmt::Debug for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a ClientHello of {} bytes", self.bytes.len())
    }
}
