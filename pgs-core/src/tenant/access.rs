use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether clients may come in through the proxy. A new tenant is [`Disabled`](Access::Disabled).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Every connection attempt is refused and live sessions are ended.
    #[default]
    Disabled,
    /// Clients reach the tenant's server.
    Enabled,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
        })
    }
}
