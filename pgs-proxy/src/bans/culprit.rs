use crate::address_block::AddressBlock;
use std::net::IpAddr;

/// Who fails where: the name of a tenant as it was asked for, and the network of the address that asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Culprit {
    name: Box<[u8]>,
    network: AddressBlock,
}

impl Culprit {
    pub(crate) fn new(name: &[u8], address: IpAddr) -> Self {
        Self {
            name: name.get(..LONGEST_NAME).unwrap_or(name).into(),
            network: address.into(),
        }
    }

    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    pub(super) fn network(&self) -> IpAddr {
        self.network.first()
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
