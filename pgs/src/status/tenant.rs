use pgs_proxy::TenantSnapshot;
use serde::{Deserialize, Serialize};

/// What the sessions of one tenant have done since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tenant {
    /// Sessions that were let through to its server.
    pub sessions_total: u64,
    /// Those that its server turned away for a wrong password.
    pub failed_logins: u64,
}

impl Tenant {
    pub(crate) fn of(counted: &TenantSnapshot) -> Self {
        Self {
            sessions_total: counted.sessions,
            failed_logins: counted.failed_logins,
        }
    }
}
