use crate::ListenAddress;
use pgs_core::{Password, TenantId};
use std::{
    fmt::Write,
    net::{IpAddr, SocketAddr},
    os::unix::ffi::OsStrExt,
};

/// The connection URI of a tenant behind a proxy at this address, without a password (`PostgreSQL` manual, section 32.1.1.2).
///
/// An address that means every interface is written as its loopback address, which a client can connect to; the folder of a
/// Unix socket is written with `%2F` for its slashes.
#[must_use]
pub fn connection_url(id: &TenantId, address: impl Into<ListenAddress>) -> String {
    let place = match address.into() {
        ListenAddress::Tcp(address) => reachable(address).to_string(),
        ListenAddress::Unix(address) => format!(
            "{}:{}",
            escaped(address.folder().as_os_str().as_bytes()),
            address.port()
        ),
    };
    format!("postgresql://{id}@{place}/{id}")
}

/// The same with the password in it: a secret, for a client's configuration, never for a log.
#[must_use]
pub fn connection_url_with_password(
    id: &TenantId,
    address: impl Into<ListenAddress>,
    password: &Password,
) -> String {
    let role = format!("postgresql://{id}");
    let password = escaped(password.reveal().as_bytes());
    connection_url(id, address).replacen(&role, &format!("{role}:{password}"), 1)
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
fn escaped(bytes: &[u8]) -> String {
    let mut out = String::new();
    for byte in bytes {
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

    #[test]
    fn a_password_is_escaped() {
        let acme = "acme".parse().unwrap();
        let address: ListenAddress = "127.0.0.1:5432".parse().unwrap();
        let password = "p@ss/w:rd é%".parse().unwrap();
        assert_eq!(
            connection_url_with_password(&acme, address, &password),
            "postgresql://acme:p%40ss%2Fw%3Ard%20%C3%A9%25@127.0.0.1:5432/acme"
        );
    }
}
