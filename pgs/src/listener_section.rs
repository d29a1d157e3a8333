use pgs_proxy::ListenerPolicy;
use serde::Deserialize;

/// `[[serve.listener]]`: an address and what it allows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ListenerSection {
    /// An address with a port.
    pub address: String,
}

impl ListenerSection {
    /// A listener at this address that allows what every listener allows by default.
    #[must_use]
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
        }
    }

    /// What it allows.
    #[must_use]
    pub fn policy(&self) -> ListenerPolicy {
        ListenerPolicy::default()
    }
}
