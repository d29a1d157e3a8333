use std::net::IpAddr;

/// Who may learn why a tenant cannot be reached. All others see a wrong password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disclosure {
    /// Peers on this machine.
    #[default]
    Loopback,
    /// Everybody: for networks where tenants' names are no secret.
    Always,
    /// Nobody, for instance because a load balancer makes every peer look local.
    Never,
}

impl Disclosure {
    pub(crate) fn includes(self, peer: IpAddr) -> bool {
        match self {
            Self::Loopback => peer.to_canonical().is_loopback(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_loopback_address_inside_ipv6_is_still_local() {
        for (peer, local) in [
            ("127.9.9.9", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("::ffff:10.0.0.1", false),
        ] {
            let peer = peer.parse().unwrap();
            assert_eq!(Disclosure::Loopback.includes(peer), local, "{peer}");
            assert!(Disclosure::Always.includes(peer) && !Disclosure::Never.includes(peer));
        }
    }
}
