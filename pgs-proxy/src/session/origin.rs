use crate::{PeerAddress, tls::TlsFacts};

/// Where a session comes from, and what its TLS told about that.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) address: PeerAddress,
    pub(crate) tls: Option<TlsFacts>,
}

impl Origin {
    /// The version of TLS, or that there is none.
    pub(super) fn encryption(&self) -> &'static str {
        self.tls.as_ref().map_or("off", |tls| tls.version)
    }

    /// The common name in the client's certificate, if it has shown one.
    pub(super) fn certificate(&self) -> Option<&str> {
        let certificate = self.tls.as_ref()?.certificate.as_ref()?;
        certificate.common_name.as_deref()
    }
}
