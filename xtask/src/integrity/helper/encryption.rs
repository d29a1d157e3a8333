use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use pgs_proxy::{KeyPair, ListenerPolicy, TlsPolicy, TlsServer, TlsSettings};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// What the proxy and its clients need to speak TLS: a certificate that vouches for itself.
pub(crate) fn encryption(directory: &Path) -> Result<(ListenerPolicy, Arc<ClientConfig>)> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let pair = KeyPair {
        certificate: directory.join("server.crt"),
        key: directory.join("server.key"),
    };
    fs::write(&pair.certificate, made.cert.pem())?;
    fs::write(&pair.key, made.signing_key.serialize_pem())?;
    fs::set_permissions(&pair.key, Permissions::from_mode(0o600))?;
    let mut policy = ListenerPolicy::default();
    policy.tls = TlsPolicy::Require(TlsServer::load(TlsSettings::new(pair))?);
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone())?;
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok((policy, Arc::new(config)))
}
