use super::{KeyPair, key_file, names};
use pgs_core::{Error, ErrorKind, Result};
use rustls::{
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use std::{
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

/// A certificate with its key, as it was in its files.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) certified: Arc<CertifiedKey>,
    /// In lower case.
    pub(super) names: Vec<String>,
    digest: [u8; 32],
    /// Seconds since 1970.
    valid: std::ops::RangeInclusive<i64>,
}

/// The bytes of a pair's files, not looked at yet.
#[derive(Debug)]
pub(super) struct PairBytes {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl PairBytes {
    pub(super) fn read(files: &KeyPair) -> Result<Self> {
        Ok(Self {
            certificate: read(&files.certificate)?,
            key: key_file::read(&files.key)?,
        })
    }

    /// Whether this is what the certificate was made from.
    pub(super) fn made(&self, certificate: &Certificate) -> bool {
        self.digest() == certificate.digest
    }

    fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new_with_prefix((self.certificate.len() as u64).to_be_bytes());
        digest.update(&self.certificate);
        digest.update(&self.key);
        digest.finalize().into()
    }

    /// The certificate, if the pair is one.
    pub(super) fn parse(&self, files: &KeyPair, provider: &CryptoProvider) -> Result<Certificate> {
        let chain = chain(&self.certificate, &files.certificate)?;
        let key = private_key(&self.key, &files.key)?;
        let own = chain.first().map(|own| X509Certificate::from_der(own));
        let Some(Ok((_, own))) = own else {
            return Err(unusable(&files.certificate, "is not understood"));
        };
        let (names, validity) = (names::of(&own), own.validity().clone());
        let certified = CertifiedKey::from_der(chain, key, provider)
            .map_err(|error| cannot_sign(files, &error))?;
        Ok(Certificate {
            certified: Arc::new(certified),
            names,
            digest: self.digest(),
            valid: validity.not_before.timestamp()..=validity.not_after.timestamp(),
        })
    }
}

impl Certificate {
    /// Why clients that look at the dates would refuse it now.
    pub(super) fn out_of_date(&self) -> Option<&'static str> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        match &self.valid {
            valid if valid.contains(&now) => None,
            valid if now < *valid.start() => Some("is not valid yet"),
            _ => Some("has expired"),
        }
    }
}

/// Reads a file of certificates.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|source| {
        let message = format!("the certificate file `{}` cannot be read", path.display());
        Error::io(message, source)
    })
}

/// Every certificate in a file, of which there is at least one.
pub(super) fn chain(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let chain: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(unusable(path, "holds no certificate")),
        Err(_) => Err(unusable(path, "is not understood")),
    }
}

fn unusable(path: &Path, what: &str) -> Error {
    let message = format!("the certificate file `{}` {what}", path.display());
    Error::new(ErrorKind::InvalidInput, message).with_remedy(
        "it has to be PEM (-----BEGIN CERTIFICATE-----), the server's own certificate first, then the intermediate ones",
    )
}

fn private_key(pem: &[u8], path: &Path) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        let message = format!("the key file `{}` holds no private key", path.display());
        Error::new(ErrorKind::InvalidInput, message).with_remedy(
            "it has to be PEM (-----BEGIN PRIVATE KEY-----) without a passphrase, for which there is nobody to ask",
        )
    })
}

fn cannot_sign(files: &KeyPair, error: &rustls::Error) -> Error {
    let (key, certificate) = (files.key.display(), files.certificate.display());
    if matches!(error, rustls::Error::InconsistentKeys(_)) {
        let message = format!("the key `{key}` is not the key of the certificate `{certificate}`");
        return Error::new(ErrorKind::InvalidInput, message).with_remedy(
            "replace both files; the first certificate in its file has to be the server's own",
        );
    }
    let message = format!("the key `{key}` cannot be used: {error}");
    Error::new(ErrorKind::InvalidInput, message)
        .with_remedy("take an ECDSA key (P-256 or P-384), Ed25519, or RSA of 2048 bits or more")
}
