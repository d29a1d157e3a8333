use pgs_core::Network;
use std::net::IpAddr;

/// The load balancers that are believed when they say whose connection they bring (PROXY protocol version 2).
///
/// On a listener that has some, every connection has to come from one of them and begin with its header; all others are
/// closed without a byte. Whether there is a header is never guessed: a client could send one as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    pub(crate) fn include(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// All addresses of these networks.
impl FromIterator<Network> for TrustedProxies {
    fn from_iter<T: IntoIterator<Item = Network>>(networks: T) -> Self {
        Self(networks.into_iter().collect())
    }
}
