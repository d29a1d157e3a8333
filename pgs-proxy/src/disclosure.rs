use crate::PeerAddress;

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
    pub(crate) fn includes(self, peer: PeerAddress) -> bool {
        match self {
            Self::Loopback => peer.is_local(),
            Self::Always => true,
            Self::Never => false,
        }
    }
}
