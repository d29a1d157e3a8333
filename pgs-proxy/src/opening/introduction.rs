//! The header in which a load balancer says whose connection it brings: PROXY protocol, version 2.
//!
//! Source: [The PROXY protocol](https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt), section 2.2.

use super::peer::{Gone, Peer};
use crate::{PeerAddress, TrustedProxies};
use proxy_protocol_rs::{Command, ProxyInfo, TransportProtocol, V2_SIGNATURE};
use std::net::SocketAddr;
use tokio::time::Instant;

/// Where a header says its client is; none where it says nothing, or that the balancer speaks for itself.
///
/// The two are not told apart: `HAProxy` speaks for itself as well for a client that came to it by a Unix socket.
type Claim = Option<SocketAddr>;

/// No header, or none that can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unbelievable;

/// Reads the header and makes its client the peer; what came behind it stays in `unread`.
pub(super) async fn introduce(
    peer: &mut Peer,
    trusted: &TrustedProxies,
    unread: &mut Vec<u8>,
    deadline: Instant,
) -> Result<(), Gone> {
    let PeerAddress::Tcp(balancer) = peer.address else {
        return Err(Gone);
    };
    if !trusted.include(balancer.ip()) {
        tracing::debug!("no trusted proxy, but the listener expects one");
        return Err(Gone);
    }
    let (claim, length) = loop {
        match header(unread) {
            Ok(Some(header)) => break header,
            Ok(None) => drop(peer.read(unread, LONGEST, deadline).await?),
            Err(Unbelievable) => {
                tracing::debug!("a trusted proxy sent no valid PROXY header");
                return Err(Gone);
            }
        }
    };
    unread.drain(..length);
    peer.address = PeerAddress::Proxied(claim.unwrap_or(balancer));
    tracing::debug!(client = %peer.address, "introduced by a trusted proxy");
    Ok(())
}

/// The header at the start of `bytes` and its length; none while it is not complete.
fn header(bytes: &[u8]) -> Result<Option<(Claim, usize)>, Unbelievable> {
    let seen = bytes.len().min(V2_SIGNATURE.len());
    if bytes[..seen] != V2_SIGNATURE[..seen] {
        return Err(Unbelievable);
    }
    let Some(fixed) = bytes.first_chunk::<FIXED>() else {
        return Ok(None);
    };
    let length = FIXED + usize::from(u16::from_be_bytes([fixed[14], fixed[15]]));
    if length > LONGEST {
        return Err(Unbelievable);
    }
    let Some(header) = bytes.get(..length) else {
        return Ok(None);
    };
    // The parser refuses a client of no known family, which the protocol has a receiver accept.
    if fixed[12] == PROXY && is_unspecified(fixed[13]) {
        return Ok(Some((None, length)));
    }
    let (info, _) = proxy_protocol_rs::parse(header).map_err(|_| Unbelievable)?;
    Ok(Some((claim(&info)?, length)))
}

fn claim(info: &ProxyInfo) -> Result<Claim, Unbelievable> {
    if info.command == Command::Local {
        return Ok(None);
    }
    // What comes here is a stream, whatever a header says.
    let is_stream = |transport| matches!(transport, TransportProtocol::Stream);
    if !info
        .transport
        .is_some_and(|transport| is_stream(transport.protocol))
    {
        return Err(Unbelievable);
    }
    Ok(info.source_inet())
}

/// Either half may say so.
const fn is_unspecified(family_and_protocol: u8) -> bool {
    matches!(
        (family_and_protocol >> 4, family_and_protocol % 16),
        (0, _) | (_, 0)
    )
}

/// Signature, version and command, family and protocol, length.
const FIXED: usize = 16;
/// Version 2, command PROXY.
const PROXY: u8 = 0x21;
/// 64 KiB are possible; what balancers send (addresses, certificates' names, padding) is far below this.
const LONGEST: usize = FIXED + 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use proxy_protocol_rs::HeaderBuilder;

    fn from(client: &str) -> HeaderBuilder {
        let to = if client.starts_with('[') {
            "[::1]:5432"
        } else {
            "10.0.0.9:5432"
        };
        HeaderBuilder::v2_proxy(client.parse().unwrap(), to.parse().unwrap())
    }

    /// A header that the builder would not make.
    fn raw(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&V2_SIGNATURE[..], &[command, family], &length, body].concat()
    }

    #[test]
    fn a_client_of_either_family_is_introduced() {
        for client in ["192.0.2.7:40000", "[2001:db8::7]:40000"] {
            let bytes = from(client).build();
            assert_eq!(header(&bytes), Ok(Some((client.parse().ok(), bytes.len()))));
        }
    }

    #[test]
    fn these_are_the_bytes_of_the_specification() {
        let bytes = raw(
            0x21,
            0x11,
            &[192, 0, 2, 7, 10, 0, 0, 9, 0x9C, 0x40, 0x15, 0x38],
        );
        assert_eq!(
            header(&bytes),
            Ok(Some(("192.0.2.7:40000".parse().ok(), 28)))
        );
    }

    #[test]
    fn every_part_of_a_header_asks_for_more() {
        let bytes = from("192.0.2.7:40000")
            .with_authority("db.example.com")
            .with_crc32c()
            .build();
        for end in 0..bytes.len() {
            assert_eq!(header(&bytes[..end]), Ok(None), "{end}");
        }
        let behind = [&bytes[..], b"\0\0\0\x08"].concat();
        assert_eq!(header(&behind).unwrap().unwrap().1, bytes.len());
    }

    #[test]
    fn a_balancer_may_speak_for_itself() {
        let bytes = HeaderBuilder::v2_local().build();
        assert_eq!(header(&bytes), Ok(Some((None, bytes.len()))));
        // What follows a LOCAL command is skipped, whatever it is.
        let odd = raw(0x20, 0x11, b"anything");
        assert_eq!(header(&odd), Ok(Some((None, odd.len()))));
    }

    #[test]
    fn a_client_without_an_address_is_unknown() {
        let unix = HeaderBuilder::v2_unix("/client", "/server", TransportProtocol::Stream).build();
        assert_eq!(header(&unix), Ok(Some((None, unix.len()))));
        for family in [0x00, 0x01, 0x10] {
            let bytes = raw(0x21, family, b"skipped");
            assert_eq!(header(&bytes), Ok(Some((None, bytes.len()))));
        }
    }

    #[test]
    fn extensions_are_skipped_and_the_checksum_is_checked() {
        let client = "192.0.2.7:40000";
        let mut bytes = from(client)
            .with_unique_id(*b"id")
            .with_raw_tlv(0xE0, *b"own")
            .with_padding(100)
            .with_crc32c()
            .build();
        assert_eq!(header(&bytes), Ok(Some((client.parse().ok(), bytes.len()))));
        bytes[16] ^= 1;
        assert_eq!(header(&bytes), Err(Unbelievable));
    }

    #[test]
    fn a_header_has_4_kib_at_most() {
        let with_body = |size: u16| [&V2_SIGNATURE[..], &[0x20, 0], &size.to_be_bytes()].concat();
        assert_eq!(header(&with_body(4096)), Ok(None));
        assert_eq!(header(&with_body(4097)), Err(Unbelievable));
        assert_eq!(header(&with_body(u16::MAX)), Err(Unbelievable));
    }

    #[test]
    fn what_is_no_header_of_version_2_is_not_believed() {
        let old = b"PROXY TCP4 192.0.2.7 10.0.0.9 40000 5432\r\n";
        let client = [192, 0, 2, 7, 10, 0, 0, 9, 0x9C, 0x40, 0x15, 0x38];
        for bytes in [
            &b"\0\0\0\x08\x04\xD2\x16\x2F"[..],
            b"\x16\x03\x01",
            b"GET / HTTP/1.1\r\n",
            old,
            b"\r\n\r\n\0\r\nQUIT\r",
            &raw(0x11, 0x11, &client),
            &raw(0x22, 0x11, &client),
            &raw(0x21, 0x41, &client),
            &raw(0x21, 0x12, &client),
            &raw(0x21, 0x13, &client),
            &raw(0x21, 0x21, &client),
            &raw(0x21, 0x11, &client[..11]),
            &raw(0x21, 0x11, &[&client[..], &[0xE0, 0, 9, 1]].concat()),
        ] {
            assert_eq!(header(bytes), Err(Unbelievable), "{}", bytes.escape_ascii());
        }
    }
}
