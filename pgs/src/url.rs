use pgs_core::TenantId;
use std::net::{IpAddr, SocketAddr};

/// The connection URI of a tenant behind a proxy at this address, without a password (`PostgreSQL` manual, section 32.1.1.2).
///
/// An address that means every interface is written as its loopback address, which a client can connect to.
#[must_use]
pub fn connection_url(id: &TenantId, address: SocketAddr) -> String {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    format!(
        "postgresql://{id}@{}/{id}",
        SocketAddr::new(ip, address.port())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_role_address_and_database() {
        let acme = "acme".parse().unwrap();
        let url = |address: &str| connection_url(&acme, address.parse().unwrap());
        assert_eq!(
            url("127.0.0.1:5432"),
            "postgresql://acme@127.0.0.1:5432/acme"
        );
        assert_eq!(url("0.0.0.0:6432"), "postgresql://acme@127.0.0.1:6432/acme");
        assert_eq!(url("[::]:5432"), "postgresql://acme@[::1]:5432/acme");
    }
}
