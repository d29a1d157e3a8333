use super::{certificate::Certificate, names};
use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{cmp::Reverse, sync::Arc};

/// The certificates of a listener, in the order of its configuration.
#[derive(Debug)]
pub(super) struct Certificates(pub(super) Vec<Arc<Certificate>>);

impl ResolvesServerCert for Certificates {
    /// The best one for the host that is asked for whose key the client can check, else the first.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let host = hello.server_name().unwrap_or_default().to_ascii_lowercase();
        let usable = |certificate: &&Arc<Certificate>| {
            let key = &certificate.certified.key;
            key.choose_scheme(hello.signature_schemes()).is_some()
        };
        let chosen = self
            .0
            .iter()
            .filter(usable)
            // Of equals the first.
            .min_by_key(|certificate| {
                let fits = certificate.names.iter().map(|name| names::fit(name, &host));
                Reverse(fits.max().flatten())
            });
        let certificate = chosen.or_else(|| self.0.first())?;
        Some(Arc::clone(&certificate.certified))
    }
}
