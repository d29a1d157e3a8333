use crate::observe::millis;
use pgs_core::TenantId;
use pgs_proxy::SessionInfo;
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// A live session. What its client chose is made printable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// A number of its own in its process.
    pub number: u64,
    /// Whose session it is.
    pub tenant: TenantId,
    /// The user name that its client sent.
    pub user: String,
    /// The database that its client asked for.
    pub database: String,
    /// What its client called itself when it connected.
    pub application_name: Option<String>,
    /// Where its client is: an address with a port, or `[local]`.
    pub peer: String,
    /// The address it came in on.
    pub listener: String,
    /// `TLSv1.2` or `TLSv1.3`; none in the clear.
    pub tls: Option<String>,
    /// `connecting`, `logging_in`, `turned_down` or `ready`.
    pub state: String,
    /// When it began, in milliseconds since 1970.
    pub since_ms: u64,
    /// How long it has been there.
    pub seconds: f64,
    /// The process id that its server told its client.
    pub backend_pid: Option<u32>,
    /// Bytes from the client that reached the server.
    pub bytes_to_backend: u64,
    /// Bytes from the server that reached the client.
    pub bytes_to_client: u64,
}

impl Session {
    pub(crate) fn of(info: &SessionInfo, now: SystemTime) -> Self {
        Self {
            number: info.number,
            tenant: info.tenant.clone(),
            user: info.user.clone(),
            database: info.database.clone(),
            application_name: info.application_name.clone(),
            peer: info.peer.to_string(),
            listener: info.listener.to_string(),
            tls: info.tls.map(|version| version.to_string()),
            state: info.state.name().to_owned(),
            since_ms: millis(now.checked_sub(info.age).unwrap_or(now)),
            seconds: info.age.as_secs_f64(),
            backend_pid: info.backend_pid,
            bytes_to_backend: info.bytes_to_backend,
            bytes_to_client: info.bytes_to_client,
        }
    }
}
