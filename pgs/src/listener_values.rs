//! Values of `[[serve.listener]]` that are more than a number or a text.

use pgs_core::{Error, ErrorKind};
use pgs_proxy::ipnet::IpNet;
use serde::Deserialize;
use std::net::IpAddr;

/// Addresses that are trusted: `10.0.0.0/8`, `2001:db8::/32`, or a single one without a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TrustedNetwork(pub(crate) IpNet);

impl TryFrom<String> for TrustedNetwork {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let single = |_| text.parse::<IpAddr>().map(IpNet::from);
        text.parse().or_else(single).map(Self).map_err(|_| {
            Error::new(
                ErrorKind::InvalidInput,
                format!(
                    "`{text}` is not a network; write it as 10.0.0.0/8, 10.0.0.7 or 2001:db8::/32"
                ),
            )
        })
    }
}

/// Who may connect to a Unix socket, in octal digits: `0770`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SocketMode(pub(crate) u32);

impl TryFrom<String> for SocketMode {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let mode = u32::from_str_radix(&text, 8).ok();
        mode.filter(|mode| *mode <= 0o777).map(Self).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("`{text}` is not a file mode; write it in octal digits, such as \"0770\""),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_a_network_too() {
        let network = |text: &str| TrustedNetwork::try_from(text.to_owned());
        assert_eq!(
            network("10.0.0.7").unwrap(),
            network("10.0.0.7/32").unwrap()
        );
        let error = network("10.0.0.0/33").unwrap_err();
        assert!(error.to_string().contains("`10.0.0.0/33`"), "{error}");
    }

    #[test]
    fn a_mode_is_octal() {
        assert_eq!(SocketMode::try_from("0770".to_owned()).unwrap().0, 0o770);
        for text in ["0779", "1777", "rw", ""] {
            assert!(SocketMode::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
