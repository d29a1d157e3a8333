use super::{TlsVersion, names};
use rustls::{ProtocolVersion, ServerConnection};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

/// What a client's TLS told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TlsFacts {
    pub(crate) version: TlsVersion,
    /// The host it asked for, in lower case.
    pub(crate) host: Option<Box<str>>,
    /// Its certificate, which is good, if it has shown one.
    pub(crate) certificate: Option<ClientCertificate>,
}

/// A client's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientCertificate {
    /// The common name of its subject; some have none.
    pub(crate) common_name: Option<Box<str>>,
}

impl TlsFacts {
    pub(super) fn of(connection: &ServerConnection) -> Self {
        let certificate = connection.peer_certificates().and_then(<[_]>::first);
        Self {
            version: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => TlsVersion::V1_2,
                _ => TlsVersion::V1_3,
            },
            host: connection
                .server_name()
                .map(|host| host.to_ascii_lowercase().into()),
            certificate: certificate.map(|der| ClientCertificate {
                common_name: X509Certificate::from_der(der)
                    .ok()
                    .and_then(|(_, certificate)| names::common_name(&certificate))
                    .map(Into::into),
            }),
        }
    }
}
