use crate::listener_keys::{ListenerKey, routing_keys};
use pgs_core::{Network, NetworkRules, Result};
use pgs_proxy::ListenerPolicy;
use serde::Deserialize;

/// `[[serve.listener]]`: an address and what it allows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ListenerSection {
    /// An address with a port.
    pub address: String,
    /// What may name a client's tenant. Default: the user name.
    pub keys: Option<Vec<ListenerKey>>,
    /// For the key `host`: what is behind the tenant's name in a host name, such as `db.example.com`.
    #[serde(default)]
    pub host_suffixes: Vec<String>,
    /// From which networks clients may come. Default: from everywhere.
    #[serde(default)]
    pub allow: Vec<Network>,
    /// From which networks none may come, even if it is allowed. Default: none.
    #[serde(default)]
    pub deny: Vec<Network>,
}

impl ListenerSection {
    /// A listener at this address that allows what every listener allows by default.
    #[must_use]
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            keys: None,
            host_suffixes: Vec::new(),
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }

    /// What it allows.
    pub fn policy(&self) -> Result<ListenerPolicy> {
        let mut policy = ListenerPolicy::default();
        policy.keys = routing_keys(&self.address, self.keys.as_deref(), &self.host_suffixes)?;
        policy.networks = NetworkRules {
            allow: self.allow.clone(),
            deny: self.deny.clone(),
        };
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;
    use pgs_core::routing::RoutingKeys;

    fn config(listener: &str) -> pgs_core::Result<Config> {
        format!("[[serve.listener]]\naddress = \"127.0.0.1:1\"\n{listener}").parse()
    }

    #[test]
    fn a_listener_has_the_keys_it_lists_and_by_default_the_user_name() {
        let keys = |listener: &str| {
            let listeners = config(listener).unwrap().serve.listeners();
            listeners[0].policy().unwrap().keys
        };
        assert_eq!(keys(""), RoutingKeys::default());
        assert_eq!(
            keys("keys = [\"role.tenant\", \"host\"]\nhost_suffixes = [\"DB.example.com\"]"),
            RoutingKeys {
                role_and_tenant: true,
                host_suffixes: vec!["db.example.com".to_owned()],
                ..RoutingKeys::NONE
            }
        );
        assert_eq!(
            keys("keys = [\"user\", \"database\", \"options\"]"),
            RoutingKeys {
                user: true,
                database: true,
                options: true,
                ..RoutingKeys::NONE
            }
        );
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        for (listener, named) in [
            ("keys = []", "no keys"),
            ("keys = [\"users\"]", "users"),
            ("keys = [\"host\"]", "host_suffixes"),
            ("host_suffixes = [\"db.example.com\"]", "host_suffixes"),
            (
                "keys = [\"host\"]\nhost_suffixes = [\"*.example.com\"]",
                "*.example.com",
            ),
            (
                "keys = [\"host\"]\nhost_suffixes = [\".example.com\"]",
                ".example.com",
            ),
            ("allow = [\"10.0.0.1/8\"]", "10.0.0.1/8"),
            ("deny = [\"everybody\"]", "everybody"),
        ] {
            let error = config(listener).unwrap_err();
            assert!(error.to_string().contains(named), "{listener}: {error}");
        }
    }
}
