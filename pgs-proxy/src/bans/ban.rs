use std::{net::IpAddr, time::Duration};

/// An address that is turned away at a tenant for now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ban {
    /// The tenant that was asked for, whether there is one or not.
    pub tenant: Vec<u8>,
    /// The address; of an IPv6 address the first 64 bits.
    pub address: IpAddr,
    /// Its failed logins there, without those of roles that have logged in since.
    pub failures: u64,
    /// How long the ban still lasts.
    pub remaining: Duration,
}

impl Ban {
    /// The tenant's name as printable ASCII, other bytes escaped as `\xNN`.
    #[must_use]
    pub fn tenant_text(&self) -> String {
        self.tenant.escape_ascii().to_string()
    }
}
