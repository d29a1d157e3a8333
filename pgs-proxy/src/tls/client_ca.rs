use super::certificate;
use pgs_core::{Error, ErrorKind, Result};
use rustls::{
    RootCertStore,
    crypto::CryptoProvider,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use sha2::{Digest, Sha256};
use std::{path::Path, sync::Arc};

/// The authorities that sign clients' certificates, as they were in their file.
#[derive(Debug)]
pub(super) struct ClientCa {
    pub(super) verifier: Arc<dyn ClientCertVerifier>,
    digest: [u8; 32],
}

impl ClientCa {
    /// Whether these bytes are what it was made from.
    pub(super) fn is_from(&self, pem: &[u8]) -> bool {
        <[u8; 32]>::from(Sha256::digest(pem)) == self.digest
    }

    /// A client without a certificate gets through here in any case: it is told why it is refused after its startup
    /// packet, where `PostgreSQL` tells it, too.
    pub(super) fn parse(pem: &[u8], path: &Path, provider: &Arc<CryptoProvider>) -> Result<Self> {
        let unusable = |cause: String| {
            let message = format!(
                "the authorities in `{}` cannot be used: {cause}",
                path.display()
            );
            Error::new(ErrorKind::InvalidInput, message).with_remedy(
                "client_ca names a PEM file of the certificates that sign clients' certificates",
            )
        };
        let mut roots = RootCertStore::empty();
        for root in certificate::chain(pem, path)? {
            roots
                .add(root)
                .map_err(|error| unusable(error.to_string()))?;
        }
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
                .allow_unauthenticated()
                .build()
                .map_err(|error| unusable(error.to_string()))?;
        Ok(Self {
            verifier,
            digest: Sha256::digest(pem).into(),
        })
    }
}
