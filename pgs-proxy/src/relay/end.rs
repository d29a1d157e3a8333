/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client finished first.
    Client,
    /// The server finished first.
    Backend,
    /// The client's connection broke.
    ClientLost,
    /// It did not get ready in time.
    AuthenticationTimeout,
    /// Its tenant is no longer let in.
    Revoked,
    /// The proxy stops.
    Shutdown,
}

impl End {
    pub(crate) const ALL: [Self; 6] = [
        Self::Client,
        Self::Backend,
        Self::ClientLost,
        Self::AuthenticationTimeout,
        Self::Revoked,
        Self::Shutdown,
    ];

    /// The word in the access log and in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Backend => "backend",
            Self::ClientLost => "client_lost",
            Self::AuthenticationTimeout => "authentication_timeout",
            Self::Revoked => "revoked",
            Self::Shutdown => "shutdown",
        }
    }
}
