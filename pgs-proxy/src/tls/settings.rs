use std::{fmt, path::PathBuf};

/// What a [`TlsServer`](super::TlsServer) is made from. All files are PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsSettings {
    /// Certificates with their keys. A client gets the first one that has the host name it asks for, an exact name
    /// before a wildcard, and the first of all if none has it.
    pub pairs: Vec<KeyPair>,
    /// The oldest version that is spoken. Default: 1.2.
    pub min_version: TlsVersion,
    /// Certificates of clients. Default: none are asked for.
    pub clients: Option<ClientCertificates>,
}

impl TlsSettings {
    /// One certificate for every client, and the defaults.
    #[must_use]
    pub fn new(pair: KeyPair) -> Self {
        Self {
            pairs: vec![pair],
            ..Self::default()
        }
    }
}

/// The files of a certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The certificate, then the intermediate ones up to an authority that clients know.
    pub certificate: PathBuf,
    /// Its key, without a passphrase. Readable by nobody but the user pgs runs as; one that belongs to root may be
    /// readable by its group.
    pub key: PathBuf,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVersion {
    /// 1.2 (RFC 5246).
    #[default]
    V1_2,
    /// 1.3 (RFC 8446).
    V1_3,
}

impl TlsVersion {
    /// Its name as PostgreSQL writes it in `pg_stat_ssl`: `TLSv1.2` or `TLSv1.3`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1_2 => "TLSv1.2",
            Self::V1_3 => "TLSv1.3",
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which certificates of clients are good, and whether they need one.
///
/// A certificate is one more gate in front of the password: a tenant's server never sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificates {
    /// The authorities that sign them.
    pub authorities: PathBuf,
    /// Whether a client needs one.
    pub auth: ClientAuth,
}

/// Whether a client needs a certificate.
///
/// Complete by definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// It may come without one; one that it shows has to be good.
    #[default]
    Request,
    /// A session without one is refused.
    Require,
}
