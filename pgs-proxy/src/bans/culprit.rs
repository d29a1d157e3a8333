use std::net::{IpAddr, Ipv6Addr};

/// Who fails where: the name of a tenant as it was asked for, and the network of the address that asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Culprit {
    name: Box<[u8]>,
    network: IpAddr,
}

impl Culprit {
    pub(crate) fn new(name: &[u8], address: IpAddr) -> Self {
        Self {
            name: name.get(..LONGEST_NAME).unwrap_or(name).into(),
            network: network(address),
        }
    }

    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn network(&self) -> IpAddr {
        self.network
    }
}

/// One customer of an IPv6 network has 2^64 addresses and more.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// No tenant has so long a name, but options may claim one.
const LONGEST_NAME: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_customer_are_one() {
        for (one, other, same) in [
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            let [one, other] = [one, other].map(|a| Culprit::new(b"acme", a.parse().unwrap()));
            assert_eq!(one == other, same, "{one:?} {other:?}");
        }
    }
}
