use serde::{Deserialize, Serialize};

/// An address that is turned away from a tenant for failed logins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ban {
    /// The name it tried, made printable.
    pub tenant: String,
    /// The address; of an IPv6 address the first 64 bits.
    pub address: String,
    /// How many logins failed since the last that did not.
    pub failures: u64,
    /// How long it goes on.
    pub seconds_left: u64,
}

impl Ban {
    pub(crate) fn of(ban: &pgs_proxy::Ban) -> Self {
        Self {
            tenant: ban.tenant_text(),
            address: ban.address.to_string(),
            failures: ban.failures,
            seconds_left: ban.remaining.as_secs(),
        }
    }
}
