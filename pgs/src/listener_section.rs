use crate::{TlsMode, TlsSection};
use pgs_core::Result;
use pgs_proxy::{ListenerPolicy, TlsServer};
use serde::Deserialize;

/// `[[serve.listener]]`: an address and what it allows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ListenerSection {
    /// An address with a port.
    pub address: String,
    /// Whether clients speak TLS: `off`, `allow` or `require`. Default: with a certificate allow, else off.
    #[serde(default)]
    pub tls: Option<TlsMode>,
}

impl ListenerSection {
    /// A listener at this address that allows what every listener allows by default.
    #[must_use]
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            tls: None,
        }
    }

    /// What it allows. `server` is what was made from `tls`, if it has certificates.
    pub fn policy(&self, tls: &TlsSection, server: Option<&TlsServer>) -> Result<ListenerPolicy> {
        let mut policy = ListenerPolicy::default();
        policy.tls = tls.policy(&self.address, self.tls, server)?;
        Ok(policy)
    }
}
