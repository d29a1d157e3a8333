use serde::{Deserialize, Serialize};

/// An address that is turned away from a tenant for failed logins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ban {
    /// The name it tried, made printable.
    pub tenant: String,
    /// The address, or a network of addresses.
    pub address: String,
    /// How many logins failed.
    pub failures: u32,
    /// How long it goes on.
    pub seconds_left: u64,
}
