use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerAddress {
    /// At this address.
    Tcp(SocketAddr),
    /// On this machine, at the other end of a Unix socket.
    Unix,
    /// At this address, as a trusted load balancer says; at the balancer's own, where it says nothing.
    Proxied(SocketAddr),
}

impl PeerAddress {
    /// Its address, an IPv4 one inside IPv6 as itself; none for a Unix socket.
    #[must_use]
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) | Self::Proxied(address) => Some(address.ip().to_canonical()),
            Self::Unix => None,
        }
    }

    /// Whether it is on this machine. Who comes through a load balancer never is, whatever the balancer says.
    #[must_use]
    pub fn is_local(self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix => true,
            Self::Proxied(_) => false,
        }
    }
}

/// As in PostgreSQL's log: `[local]` for a Unix socket.
impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) | Self::Proxied(address) => address.fmt(f),
            Self::Unix => f.write_str("[local]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_loopback_address_inside_ipv6_is_still_local() {
        for (peer, local) in [
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("[::ffff:10.0.0.1]:1", false),
        ] {
            assert_eq!(
                PeerAddress::Tcp(peer.parse().unwrap()).is_local(),
                local,
                "{peer}"
            );
        }
        assert!(PeerAddress::Unix.is_local());
        assert!(!PeerAddress::Proxied("127.0.0.1:1".parse().unwrap()).is_local());
    }
}
