use super::peer::{Gone, Peer};
use crate::{
    PeerAddress,
    stream::Stream,
    tls::{TlsServer, Turns, accept},
};
use pgs_core::handshake::TlsStart;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};

/// Speaks TLS from here on. `sent` is what the client has sent of it so far.
///
/// A client with which it fails is closed on as `PostgreSQL` closes on it.
pub(super) async fn secure(
    mut peer: Peer,
    server: &TlsServer,
    turns: &Turns,
    (start, mut sent): (TlsStart, Vec<u8>),
    deadline: Instant,
) -> Result<Peer, Gone> {
    if start == TlsStart::Negotiated {
        peer.write(TlsStart::ACCEPTED, deadline).await?;
    }
    while sent.len() < RECORD_HEADER {
        peer.read(&mut sent, LONGEST_FIRST_READ, deadline).await?;
    }
    let Peer {
        stream: Stream::Tcp(stream),
        address,
        ..
    } = peer
    else {
        return Err(Gone);
    };
    if !is_record(&sent) {
        return Err(break_off(&stream, &sent));
    }
    let accepted = timeout_at(deadline, accept(server, turns, sent, stream)).await;
    match accepted.map_err(|_| Gone)? {
        Ok(secured) => {
            let peer = Peer {
                stream: Stream::Tls(Box::new(secured.leg)),
                address,
                tls: Some(secured.facts),
            };
            if start == TlsStart::Direct && !secured.names_protocol {
                tracing::debug!("direct TLS without ALPN");
                peer.farewell(b"").await;
                return Err(Gone);
            }
            Ok(peer)
        }
        Err((error, stream)) => {
            tracing::debug!(%error, "no TLS with this client");
            in_the_clear(stream, address).farewell(b"").await;
            Err(Gone)
        }
    }
}

fn in_the_clear(stream: TcpStream, address: PeerAddress) -> Peer {
    Peer {
        stream: Stream::Tcp(stream),
        address,
        tls: None,
    }
}

/// Whether this can be the beginning of TLS: content types from `change_cipher_spec` to `application_data`, major version 3
/// (RFC 8446, section 5.1).
fn is_record(sent: &[u8]) -> bool {
    matches!(sent, [0x14..=0x17, 3, ..])
}

/// Plaintext where TLS was agreed on. `PostgreSQL` reads a record's header and closes on the rest, which makes it a reset.
fn break_off(stream: &TcpStream, sent: &[u8]) -> Gone {
    tracing::debug!("plaintext in place of TLS");
    if sent.len() > RECORD_HEADER {
        let _ = stream.set_zero_linger();
    }
    Gone
}

const RECORD_HEADER: usize = 5;
const LONGEST_FIRST_READ: usize = 16 * 1024;
