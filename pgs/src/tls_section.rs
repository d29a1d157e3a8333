use pgs_core::{Error, ErrorKind, Result};
use pgs_proxy::{
    ClientAuth, ClientCertificates, KeyPair, TlsPolicy, TlsServer, TlsSettings, TlsVersion,
};
use serde::Deserialize;
use std::path::PathBuf;

/// `[serve.tls]`: the certificates of `pgs serve`. Without `cert` and `key` it speaks no TLS.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TlsSection {
    /// A PEM file: the certificate, then the intermediate ones.
    pub cert: Option<PathBuf>,
    /// A PEM file: its key, without a passphrase, which nobody else may read.
    pub key: Option<PathBuf>,
    /// More pairs, for other host names.
    pub pair: Vec<PairSection>,
    /// The oldest version of TLS that is spoken: `1.2` or `1.3`. Default: 1.2.
    pub min_version: OldestTls,
    /// A PEM file of the authorities whose clients are let in. Default: clients are asked for no certificate.
    pub client_ca: Option<PathBuf>,
    /// Whether clients need a certificate: `request` or `require`. Default: request.
    pub client_cert: Option<ClientCertMode>,
}

/// `[[serve.tls.pair]]`: one more certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PairSection {
    /// As in `[serve.tls]`.
    pub cert: PathBuf,
    /// As in `[serve.tls]`.
    pub key: PathBuf,
}

/// The oldest version of TLS that is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub enum OldestTls {
    /// `1.2`.
    #[default]
    #[serde(rename = "1.2")]
    V1_2,
    /// `1.3`.
    #[serde(rename = "1.3")]
    V1_3,
}

/// Whether clients need a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertMode {
    /// They may come without one.
    Request,
    /// They need one.
    Require,
}

/// Whether the clients of a listener speak TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// They do not.
    Off,
    /// They may.
    Allow,
    /// They have to.
    Require,
}

impl TlsSection {
    /// What the proxy's TLS is made from, if there is to be any.
    pub fn settings(&self) -> Result<Option<TlsSettings>> {
        let first = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => KeyPair {
                certificate: cert.clone(),
                key: key.clone(),
            },
            (None, None) if self.is_empty() => return Ok(None),
            (None, None) => return Err(lacks("cert and key, but other keys")),
            (Some(_), None) => return Err(lacks("key, but a cert")),
            (None, Some(_)) => return Err(lacks("cert, but a key")),
        };
        let mut settings = TlsSettings::new(first);
        settings.pairs.extend(self.pair.iter().map(|pair| KeyPair {
            certificate: pair.cert.clone(),
            key: pair.key.clone(),
        }));
        settings.min_version = match self.min_version {
            OldestTls::V1_2 => TlsVersion::V1_2,
            OldestTls::V1_3 => TlsVersion::V1_3,
        };
        settings.clients = self.clients()?;
        Ok(Some(settings))
    }

    /// Whether a client needs a certificate.
    pub(crate) fn needs_client_certificate(&self) -> bool {
        self.client_cert == Some(ClientCertMode::Require)
    }

    fn is_empty(&self) -> bool {
        self.pair.is_empty() && self.client_ca.is_none() && self.client_cert.is_none()
    }

    fn clients(&self) -> Result<Option<ClientCertificates>> {
        match &self.client_ca {
            None if self.client_cert.is_some() => Err(lacks("client_ca, but a client_cert")),
            None => Ok(None),
            Some(authorities) => Ok(Some(ClientCertificates {
                authorities: authorities.clone(),
                auth: if self.needs_client_certificate() {
                    ClientAuth::Require
                } else {
                    ClientAuth::Request
                },
            })),
        }
    }

    /// The mode of a listener that may name one: with certificates `allow`, where clients need their own `require`.
    pub(crate) fn mode(&self, named: Option<TlsMode>) -> TlsMode {
        named.unwrap_or(match &self.cert {
            None => TlsMode::Off,
            Some(_) if self.needs_client_certificate() => TlsMode::Require,
            Some(_) => TlsMode::Allow,
        })
    }

    /// What a listener at this address does, given the server that was made from this section.
    pub(crate) fn policy(
        &self,
        address: &str,
        named: Option<TlsMode>,
        server: Option<&TlsServer>,
    ) -> Result<TlsPolicy> {
        match (self.mode(named), server) {
            (TlsMode::Off, _) => Ok(TlsPolicy::Off),
            (TlsMode::Allow, Some(_)) if self.needs_client_certificate() => Err(bypassed(address)),
            (TlsMode::Allow, Some(server)) => Ok(TlsPolicy::Allow(server.clone())),
            (TlsMode::Require, Some(server)) => Ok(TlsPolicy::Require(server.clone())),
            (TlsMode::Allow | TlsMode::Require, None) => Err(no_certificate(address)),
        }
    }
}

fn lacks(what: &str) -> Error {
    let message = format!("[serve.tls] has no {what}");
    Error::new(ErrorKind::InvalidInput, message)
        .with_remedy("name both cert and key; make a first pair with: pgs tls self-signed")
}

fn bypassed(address: &str) -> Error {
    let message = format!(
        "the listener `{address}` has tls = \"allow\", so that clients without TLS would come in without the certificate that client_cert = \"require\" asks for"
    );
    Error::new(ErrorKind::InvalidInput, message)
        .with_remedy("give the listener tls = \"require\" or \"off\"")
}

fn no_certificate(address: &str) -> Error {
    let message = format!("the listener `{address}` is to speak TLS, but there is no certificate");
    Error::new(ErrorKind::InvalidInput, message).with_remedy(
        "name cert and key in [serve.tls]; make a first pair with: pgs tls self-signed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> TlsSection {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn half_a_pair_is_refused() {
        for text in [
            "cert = 'c'",
            "key = 'k'",
            "client_ca = 'a'",
            "cert = 'c'\nkey = 'k'\nclient_cert = 'require'",
            "[[pair]]\ncert = 'c'\nkey = 'k'",
        ] {
            let error = section(text).settings().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
        }
        assert_eq!(section("").settings().unwrap(), None);
    }

    #[test]
    fn a_certificate_makes_tls_possible_and_a_needed_clients_certificate_makes_it_needed() {
        let pair = "cert = 'c'\nkey = 'k'\n";
        assert_eq!(section("").mode(None), TlsMode::Off);
        assert_eq!(section(pair).mode(None), TlsMode::Allow);
        assert_eq!(section(pair).mode(Some(TlsMode::Off)), TlsMode::Off);
        let needed = format!("{pair}client_ca = 'a'\nclient_cert = 'require'");
        assert_eq!(section(&needed).mode(None), TlsMode::Require);
    }

    #[test]
    fn a_listener_cannot_speak_tls_without_a_certificate() {
        let error = section("")
            .policy("[::]:5432", Some(TlsMode::Require), None)
            .unwrap_err();
        assert!(error.to_string().contains("[::]:5432"), "{error}");
    }
}
