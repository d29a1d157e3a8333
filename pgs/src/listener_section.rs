use crate::{
    TlsMode,
    listener_keys::{ListenerKey, routing_keys, told},
    socket_mode::SocketMode,
};
use pgs_core::{Network, NetworkRules, Result};
use pgs_proxy::ListenerPolicy;
use serde::Deserialize;

/// `[[serve.listener]]`: an address and what it allows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ListenerSection {
    /// An address with a port, or `unix:` and the folder of a Unix socket; see [`ListenAddress`](crate::ListenAddress).
    pub address: String,
    /// Whether clients speak TLS: `off`, `allow` or `require`. Default: with a certificate allow, else off.
    #[serde(default)]
    pub tls: Option<TlsMode>,
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
    /// The load balancers in front of it, which say by a PROXY header (version 2) where each client is. Default: none.
    #[serde(default)]
    pub proxy_protocol: Vec<Network>,
    /// Who may connect to its Unix socket. Default: `0777`, everybody on this machine.
    pub socket_mode: Option<SocketMode>,
}

impl ListenerSection {
    /// A listener at this address that allows what every listener allows by default.
    #[must_use]
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            tls: None,
            keys: None,
            host_suffixes: Vec::new(),
            allow: Vec::new(),
            deny: Vec::new(),
            proxy_protocol: Vec::new(),
            socket_mode: None,
        }
    }

    /// How clients name their tenant here, such as `as user <tenant>`, in words for a person.
    #[must_use]
    pub fn told(&self) -> String {
        told(self.keys.as_deref(), &self.host_suffixes)
    }

    /// What it allows, except for `tls`, which needs the certificates.
    pub fn policy(&self) -> Result<ListenerPolicy> {
        let mut policy = ListenerPolicy::default();
        policy.keys = routing_keys(&self.address, self.keys.as_deref(), &self.host_suffixes)?;
        policy.networks = NetworkRules {
            allow: self.allow.clone(),
            deny: self.deny.clone(),
        };
        policy.socket_mode = self.socket_mode.map(|mode| mode.0);
        if !self.proxy_protocol.is_empty() {
            policy.proxy_protocol = Some(self.proxy_protocol.iter().copied().collect());
        }
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
    fn a_listener_tells_how_a_tenant_is_named() {
        let told = |listener: &str| config(listener).unwrap().serve.listeners()[0].told();
        assert_eq!(told(""), "as user <tenant>");
        assert_eq!(
            told(
                "keys = [\"role.tenant\", \"host\"]\nhost_suffixes = [\"a.example\", \"b.example\"]"
            ),
            "as user <role>.<tenant>, or to host <tenant>.a.example or <tenant>.b.example"
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
            ("proxy_protocol = [\"ten\"]", "ten"),
            ("socket_mode = \"0779\"", "0779"),
        ] {
            let error = config(listener).unwrap_err();
            assert!(error.to_string().contains(named), "{listener}: {error}");
        }
    }

    #[test]
    fn a_listener_says_whom_it_trusts() {
        let config = config("proxy_protocol = [\"10.0.0.0/8\", \"::1\"]").unwrap();
        let policy = config.serve.listeners()[0].policy().unwrap();
        let trusted = ["10.0.0.0/8", "::1"].map(|network| network.parse().unwrap());
        assert_eq!(policy.proxy_protocol, Some(trusted.into_iter().collect()));
    }
}
