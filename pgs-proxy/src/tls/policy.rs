use super::TlsServer;

/// Whether the clients of a listener speak TLS. On a Unix socket they never do, as with `PostgreSQL`.
///
/// Complete by definition.
#[derive(Clone, Debug, Default)]
pub enum TlsPolicy {
    /// They do not: who asks for it is told no.
    #[default]
    Off,
    /// They may.
    Allow(TlsServer),
    /// They have to. A session in the clear is refused before its tenant is looked up; a cancel request is not.
    Require(TlsServer),
}

impl TlsPolicy {
    /// What TLS is spoken with, if it is.
    pub(crate) fn server(&self) -> Option<&TlsServer> {
        match self {
            Self::Off => None,
            Self::Allow(server) | Self::Require(server) => Some(server),
        }
    }

    pub(crate) fn is_required(&self) -> bool {
        matches!(self, Self::Require(_))
    }
}
