use crate::{PeerAddress, TlsVersion};
use pgs_core::TenantId;
use std::{sync::Arc, time::Duration};

/// A live session as it is at one moment. What its client chose is made printable.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionInfo {
    /// A number of its own in this proxy.
    pub number: u64,
    /// Whose session it is.
    pub tenant: TenantId,
    /// The user name that its client sent.
    pub user: String,
    /// The database that its client asked for.
    pub database: String,
    /// What its client called itself when it connected.
    pub application_name: Option<String>,
    /// Where its client is.
    pub peer: PeerAddress,
    /// The address it came in on.
    pub listener: Arc<str>,
    /// How it is encrypted; none in the clear.
    pub tls: Option<TlsVersion>,
    /// How far it is.
    pub state: SessionState,
    /// Since its startup packet.
    pub age: Duration,
    /// The process id that its server told its client.
    pub backend_pid: Option<u32>,
    /// Bytes from the client that reached the server.
    pub bytes_to_backend: u64,
    /// Bytes from the server that reached the client.
    pub bytes_to_client: u64,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionState {
    /// Its server is being contacted.
    Connecting,
    /// Its server has not let it in yet.
    LoggingIn,
    /// Its server has turned its password down.
    TurnedDown,
    /// It is ready for queries.
    Ready,
}

impl SessionState {
    /// Its name in lists: `connecting`, `logging_in`, `turned_down` or `ready`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::LoggingIn => "logging_in",
            Self::TurnedDown => "turned_down",
            Self::Ready => "ready",
        }
    }
}
