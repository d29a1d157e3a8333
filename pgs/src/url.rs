use crate::ListenAddress;
use pgs_core::TenantId;
use std::{
    fmt::Write,
    net::{IpAddr, SocketAddr},
    os::unix::ffi::OsStrExt,
    path::Path,
};

/// The connection URI of a tenant behind a proxy at this address, without a password (`PostgreSQL` manual, section 32.1.1.2).
///
/// An address that means every interface is written as its loopback address, which a client can connect to; the folder of a
/// Unix socket is written with `%2F` for its slashes.
#[must_use]
pub fn connection_url(id: &TenantId, address: impl Into<ListenAddress>) -> String {
    let place = match address.into() {
        ListenAddress::Tcp(address) => reachable(address).to_string(),
        ListenAddress::Unix(address) => format!("{}:{}", escaped(address.folder()), address.port()),
    };
    format!("postgresql://{id}@{place}/{id}")
}

fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

/// All but the characters that RFC 3986 leaves alone everywhere (section 2.3).
fn escaped(folder: &Path) -> String {
    let mut out = String::new();
    for byte in folder.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(*byte));
            }
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_role_address_and_database() {
        let acme = "acme".parse().unwrap();
        let url = |address: &str| connection_url(&acme, address.parse::<ListenAddress>().unwrap());
        assert_eq!(
            url("127.0.0.1:5432"),
            "postgresql://acme@127.0.0.1:5432/acme"
        );
        assert_eq!(url("0.0.0.0:6432"), "postgresql://acme@127.0.0.1:6432/acme");
        assert_eq!(
            url("unix:/run/p gs:6432"),
            "postgresql://acme@%2Frun%2Fp%20gs:6432/acme"
        );
        assert_eq!(url("[::]:5432"), "postgresql://acme@[::1]:5432/acme");
    }
}
