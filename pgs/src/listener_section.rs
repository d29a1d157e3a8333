use crate::listener_values::{SocketMode, TrustedNetwork};
use pgs_proxy::ListenerPolicy;
use serde::Deserialize;

/// `[[serve.listener]]`: an address and what it allows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ListenerSection {
    /// An address with a port, or `unix:` and the folder of a Unix socket; see [`ListenAddress`](crate::ListenAddress).
    pub address: String,
    /// The load balancers in front of it, which say by a PROXY header (version 2) where each client is. Default: none.
    #[serde(default)]
    pub proxy_protocol: Vec<TrustedNetwork>,
    /// Who may connect to its Unix socket. Default: `0777`, everybody on this machine.
    pub socket_mode: Option<SocketMode>,
}

impl ListenerSection {
    /// A listener at this address that allows what every listener allows by default.
    #[must_use]
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            proxy_protocol: Vec::new(),
            socket_mode: None,
        }
    }

    /// What it allows.
    #[must_use]
    pub fn policy(&self) -> ListenerPolicy {
        let mut policy = ListenerPolicy::default();
        policy.socket_mode = self.socket_mode.map(|mode| mode.0);
        if !self.proxy_protocol.is_empty() {
            let trusted = self.proxy_protocol.iter().map(|network| network.0);
            policy.proxy_protocol = Some(trusted.collect());
        }
        policy
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn a_listener_says_whom_it_trusts() {
        let config: Config = "[[serve.listener]]\naddress = \"127.0.0.1:1\"\nproxy_protocol = [\"10.0.0.0/8\", \"::1\"]"
            .parse()
            .unwrap();
        let policy = config.serve.listeners()[0].policy();
        let trusted = ["10.0.0.0/8", "::1/128"].map(|network| network.parse().unwrap());
        assert_eq!(policy.proxy_protocol, Some(trusted.into_iter().collect()));
    }

    #[test]
    fn a_network_that_is_none_is_named() {
        let text = "[[serve.listener]]\naddress = \"127.0.0.1:1\"\nproxy_protocol = [\"ten\"]";
        let error = text.parse::<Config>().unwrap_err();
        assert!(error.to_string().contains("`ten`"), "{error}");
    }
}
