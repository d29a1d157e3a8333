use crate::common::Stage;
use pgs::{
    Disclosure, KeyPair, ListenerPolicy, Proxy, ProxyConfig, TlsPolicy, TlsServer, TlsSettings,
};
use std::{net::SocketAddr, path::PathBuf};
use tempfile::TempDir;
use testkit::{RawClient, certificates::Authority};

/// One more proxy, with a certificate for `localhost` and 127.0.0.1.
#[derive(Debug)]
pub(crate) struct TlsDoor {
    proxy: Proxy,
    files: TempDir,
}

impl TlsDoor {
    /// Opens one that this authority vouches for.
    pub(crate) fn open(
        stage: &Stage,
        authority: &Authority,
        disclose: Disclosure,
        policy: impl FnOnce(TlsServer) -> TlsPolicy,
    ) -> Self {
        let files = testkit::state_dir();
        std::fs::write(files.path().join(ROOT), authority.pem()).unwrap();
        let (certificate, key) = authority
            .server(&["localhost", "127.0.0.1"])
            .write(files.path(), "server");
        let server = TlsServer::load(TlsSettings::new(KeyPair { certificate, key })).unwrap();
        let mut listener = ListenerPolicy::default();
        listener.tls = policy(server);
        let builder = Proxy::builder(stage.pgs())
            .listen_with("127.0.0.1:0", listener)
            .limits(ProxyConfig {
                disclose,
                ..ProxyConfig::default()
            });
        let proxy = stage.run("start a proxy", builder.start()).unwrap();
        Self { proxy, files }
    }

    /// The file of the authority's certificate.
    pub(crate) fn root(&self) -> PathBuf {
        self.files.path().join(ROOT)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.proxy.address()
    }

    /// A connection, in the clear as yet.
    pub(crate) fn connect(&self) -> RawClient {
        RawClient::tcp(self.address())
    }
}

const ROOT: &str = "root.crt";
