use std::net::{IpAddr, Ipv6Addr};

/// What counts as one address: an IPv4 address, or the 64 bits that one IPv6 network has at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AddressBlock(IpAddr);

impl AddressBlock {
    /// Its first address, which stands for all of it.
    pub(crate) fn first(self) -> IpAddr {
        self.0
    }
}

impl From<IpAddr> for AddressBlock {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
            ipv4 @ IpAddr::V4(_) => ipv4,
        })
    }
}

/// Whoever has an IPv6 address has the other 2^64 of its network as well (RFC 6177).
const NETWORK: u128 = !0 << 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_address() {
        let block = |address: &str| AddressBlock::from(address.parse::<IpAddr>().unwrap());
        assert_eq!(block("2001:db8:1:2::1"), block("2001:db8:1:2:ffff::9"));
        assert_ne!(block("2001:db8:1:2::1"), block("2001:db8:1:3::1"));
        assert_ne!(block("10.0.0.1"), block("10.0.0.2"));
        assert_eq!(block("::ffff:10.0.0.1"), block("10.0.0.1"));
    }
}
