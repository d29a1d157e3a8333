use crate::{Error, ErrorKind, Result};
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr, str::FromStr};

/// A range of addresses, written as `10.0.0.0/8`, `2001:db8::/32`, or an address alone.
///
/// IPv4 addresses inside IPv6 (`::ffff:10.0.0.1`) are IPv4 addresses here.
///
/// ```
/// use pgs_core::Network;
///
/// let network: Network = "10.0.0.0/8".parse()?;
/// assert!(network.contains("10.1.2.3".parse().unwrap()));
/// assert!("10.0.0.1/8".parse::<Network>().is_err());
/// # Ok::<(), pgs_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

impl Network {
    /// Whether the address is in it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let range = text
            .parse::<IpNet>()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let range = range.map_err(|_| {
            invalid(text, "is no address and no range of addresses")
                .with_remedy("write it as 10.0.0.0/8, 2001:db8::/32 or 10.0.0.1")
        })?;
        if range != range.trunc() {
            let remedy = format!("write {} or {}", range.trunc(), range.addr());
            return Err(invalid(text, "has bits set behind its prefix").with_remedy(remedy));
        }
        Ok(Self(canonical(range)))
    }
}

fn invalid(text: &str, how: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("network `{text}` {how}"))
}

/// A range inside `::ffff:0:0/96` as the IPv4 range that it is.
fn canonical(range: IpNet) -> IpNet {
    let inside = range.prefix_len().checked_sub(IPV4_INSIDE_IPV6);
    match (range.addr().to_canonical(), inside) {
        (IpAddr::V4(address), Some(length)) if range.addr().is_ipv6() => {
            Ipv4Net::new(address, length).map_or(range, IpNet::V4)
        }
        _ => range,
    }
}

/// The bits before an IPv4 address (RFC 4291, section 2.5.5.2).
const IPV4_INSIDE_IPV6: u8 = 96;

impl TryFrom<String> for Network {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

/// A single address without a prefix.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            self.0.addr().fmt(f)
        } else {
            self.0.fmt(f)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_read_and_written() {
        for (text, written) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1/32", "10.0.0.1"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("::1", "::1"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("::/0", "::/0"),
        ] {
            assert_eq!(
                text.parse::<Network>().unwrap().to_string(),
                written,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0",
            "localhost",
            "10.0.0.1/8",
            "::1/64",
            "10.0.0.0/-1",
        ] {
            let error = text.parse::<Network>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(text) && error.remedy().is_some());
        }
    }

    #[test]
    fn an_address_is_in_it_or_not() {
        for (network, address, is_in) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("::ffff:10.0.0.0/104", "10.0.0.1", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "10.0.0.1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
        ] {
            let network: Network = network.parse().unwrap();
            assert_eq!(
                network.contains(address.parse().unwrap()),
                is_in,
                "{network} {address}"
            );
        }
    }
}
