use super::{Action, Step, TlsStart};
use crate::wire::{
    ErrorResponse, ErrorSource, FirstPacket, FirstPacketError, ProtocolVersion, StartupFault,
    opens_tls, sqlstate,
};

/// The state of a connection whose client has not yet said what it wants.
///
/// Source: `src/backend/tcop/backend_startup.c`, `ProcessSSLStartup` and `ProcessStartupPacket`; PostgreSQL manual,
/// [Message Flow, SSL Session Encryption](https://www.postgresql.org/docs/18/protocol-flow.html).
///
/// Where TLS is offered, it begins with [`Action::StartTls`] and goes on in a new handshake. Where it is not, an
/// `SSLRequest` is refused and a client that starts with TLS is closed on.
#[derive(Debug)]
pub struct Handshake {
    phase: Phase,
    tls: TlsOffer,
    ssl_done: bool,
    gss_done: bool,
}

/// Whether the listener speaks TLS. PostgreSQL never does on a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsOffer {
    /// It does.
    Offered,
    /// It does not.
    Withheld,
}

impl Handshake {
    /// The handshake of a connection that was just accepted.
    pub const fn new(tls: TlsOffer) -> Self {
        Self {
            phase: Phase::FirstByte,
            tls,
            ssl_done: false,
            gss_done: false,
        }
    }

    /// The handshake inside TLS, after [`Action::StartTls`].
    ///
    /// A client that negotiated may ask for no encryption again; one that began with TLS may, and is told no.
    pub const fn inside_tls(start: TlsStart) -> Self {
        let negotiated = matches!(start, TlsStart::Negotiated);
        Self {
            phase: Phase::Packets,
            tls: TlsOffer::Withheld,
            ssl_done: negotiated,
            gss_done: negotiated,
        }
    }

    /// Looks at everything the client has sent and was not consumed yet.
    ///
    /// After [`Action::StartTls`], [`Action::Route`], [`Action::Cancel`], [`Action::Reject`] and [`Action::Close`] the
    /// handshake is over; all it then says is [`Action::Close`].
    pub fn advance<'a>(&mut self, buf: &'a [u8]) -> Step<'a> {
        if self.phase == Phase::FirstByte && !buf.is_empty() {
            self.phase = Phase::Packets;
            if opens_tls(buf) {
                return self.end(0, self.direct_tls());
            }
        }
        if self.phase == Phase::Over {
            return self.end(0, Action::Close);
        }
        match FirstPacket::parse(buf) {
            Ok(None) => Step {
                consumed: 0,
                action: Action::NeedMore(FirstPacket::needed(buf)),
            },
            Ok(Some((packet, consumed))) => self.packet(packet, consumed, buf.len() > consumed),
            Err(FirstPacketError::Framing(_)) => self.end(0, Action::Close),
            Err(FirstPacketError::Startup(fault)) => self.end(0, reject(&fault)),
        }
    }

    fn packet<'a>(
        &mut self,
        packet: FirstPacket<'a>,
        consumed: usize,
        pipelined: bool,
    ) -> Step<'a> {
        match packet {
            FirstPacket::Startup(startup) => self.end(consumed, Action::Route(startup)),
            FirstPacket::Cancel(request) => self.end(consumed, Action::Cancel(request)),
            FirstPacket::SslRequest if self.ssl_done => self.end(0, out_of_turn(1234, 5679)),
            FirstPacket::GssEncRequest if self.gss_done => self.end(0, out_of_turn(1234, 5680)),
            FirstPacket::SslRequest if self.tls == TlsOffer::Offered => {
                self.end(consumed, Action::StartTls(TlsStart::Negotiated))
            }
            FirstPacket::SslRequest if pipelined => {
                self.end(consumed, stuffed("SSL request", "626"))
            }
            FirstPacket::GssEncRequest if pipelined => {
                self.end(consumed, stuffed("GSSAPI encryption request", "694"))
            }
            FirstPacket::SslRequest => {
                self.ssl_done = true;
                refuse_encryption(consumed)
            }
            FirstPacket::GssEncRequest => {
                self.gss_done = true;
                refuse_encryption(consumed)
            }
        }
    }

    const fn direct_tls<'a>(&self) -> Action<'a> {
        match self.tls {
            TlsOffer::Offered => Action::StartTls(TlsStart::Direct),
            TlsOffer::Withheld => Action::Close,
        }
    }

    fn end<'a>(&mut self, consumed: usize, action: Action<'a>) -> Step<'a> {
        self.phase = Phase::Over;
        Step { consumed, action }
    }
}

/// The most a driver ever has to buffer for a handshake.
pub const MAX_BUFFERED: usize = FirstPacket::MAX_LENGTH;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    FirstByte,
    Packets,
    Over,
}

/// `N`, where the encryption that was asked for is not spoken. Never `E`: clients throw that text away.
const fn refuse_encryption<'a>(consumed: usize) -> Step<'a> {
    Step {
        consumed,
        action: Action::Reply(b"N"),
    }
}

fn reject<'a>(fault: &StartupFault<'_>) -> Action<'a> {
    let mut out = Vec::new();
    fault.encode(&mut out);
    Action::Reject(out)
}

/// An encryption request whose turn has passed is read as a protocol version.
fn out_of_turn<'a>(major: u16, minor: u16) -> Action<'a> {
    reject(&StartupFault::UnsupportedProtocol(ProtocolVersion::new(
        major, minor,
    )))
}

/// Bytes behind a refused request would be read as if they had been encrypted (CVE-2021-23214).
fn stuffed<'a>(request: &str, line: &'static str) -> Action<'a> {
    let mut out = b"N".to_vec();
    ErrorResponse::fatal(
        sqlstate::PROTOCOL_VIOLATION,
        format!("received unencrypted data after {request}"),
    )
    .with_detail(
        "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.",
    )
    .with_source(ErrorSource::known(
        "backend_startup.c",
        line,
        "ProcessStartupPacket",
    ))
    .encode(&mut out);
    Action::Reject(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSL: &[u8] = b"\0\0\0\x08\x04\xD2\x16\x2F";
    const GSS: &[u8] = b"\0\0\0\x08\x04\xD2\x16\x30";
    const STARTUP: &[u8] = b"\0\0\0\x13\0\x03\0\0user\0acme\0\0";

    /// What goes back to the client for packets sent one by one, and whether the last one ended it.
    fn talk(packets: &[&[u8]]) -> (Vec<u8>, bool) {
        go_on(Handshake::new(TlsOffer::Withheld), packets)
    }

    fn go_on(mut handshake: Handshake, packets: &[&[u8]]) -> (Vec<u8>, bool) {
        let mut said = Vec::new();
        for packet in packets {
            match handshake.advance(packet).action {
                Action::Reply(bytes) => said.extend_from_slice(bytes),
                Action::Reject(bytes) => return ([said, bytes].concat(), true),
                Action::Close | Action::StartTls(_) | Action::Route(_) | Action::Cancel(_) => {
                    return (said, true);
                }
                Action::NeedMore(_) => {}
            }
        }
        (said, false)
    }

    #[test]
    fn both_encryption_requests_are_refused_in_either_order() {
        assert_eq!(talk(&[SSL, GSS]), (b"NN".to_vec(), false));
        assert_eq!(talk(&[GSS, SSL, STARTUP]), (b"NN".to_vec(), true));
    }

    #[test]
    fn the_same_request_twice_is_an_unsupported_protocol() {
        let (said, over) = talk(&[SSL, GSS, SSL]);
        assert!(over);
        assert_eq!(
            said,
            b"NNE\0\0\0\x8DSFATAL\0VFATAL\0C0A000\0\
              Munsupported frontend protocol 1234.5679: server supports 3.0 to 3.2\0\
              Fbackend_startup.c\0L731\0RProcessStartupPacket\0\0"
        );
        let (said, _) = talk(&[GSS, GSS]);
        assert!(said.windows(9).any(|w| w == b"1234.5680"));
    }

    /// Both answers were captured from 18.6.
    #[test]
    fn bytes_behind_a_refused_request_are_an_attack() {
        let (said, over) = talk(&[&[SSL, b"x"].concat()]);
        assert!(over);
        assert_eq!(
            said,
            b"NE\0\0\0\xD7SFATAL\0VFATAL\0C08P01\0Mreceived unencrypted data after SSL request\0\
              DThis could be either a client-software bug or evidence of an attempted \
man-in-the-middle attack.\0\
              Fbackend_startup.c\0L626\0RProcessStartupPacket\0\0"
        );
        let (said, _) = talk(&[&[GSS, b"x"].concat()]);
        assert!(said.starts_with(b"NE\0\0\0\xE5"));
        assert!(said.windows(5).any(|w| w == b"\0L694"));
    }

    #[test]
    fn what_follows_the_startup_packet_belongs_to_the_session() {
        let mut handshake = Handshake::new(TlsOffer::Withheld);
        let bytes = [STARTUP, b"p\0\0\0\x05"].concat();
        let step = handshake.advance(&bytes);
        assert_eq!(step.consumed, STARTUP.len());
        assert!(matches!(step.action, Action::Route(startup) if startup.packet() == STARTUP));
        assert!(matches!(handshake.advance(b"").action, Action::Close));
    }

    #[test]
    fn junk_and_tls_are_closed_on_in_silence() {
        for bytes in [&b"\x16"[..], b"GET /", b"\0\0\0\x07", b"\xFF\xFF\xFF\xFF"] {
            assert_eq!(talk(&[bytes]), (Vec::new(), true), "{bytes:?}");
        }
    }

    #[test]
    fn where_tls_is_offered_what_follows_the_request_is_its_own() {
        let bytes = [SSL, b"\x16\x03\x01"].concat();
        let mut handshake = Handshake::new(TlsOffer::Offered);
        let step = handshake.advance(&bytes);
        assert_eq!(step.consumed, SSL.len());
        assert!(matches!(
            step.action,
            Action::StartTls(TlsStart::Negotiated)
        ));
        assert!(matches!(handshake.advance(SSL).action, Action::Close));
    }

    #[test]
    fn where_tls_is_offered_a_client_may_begin_with_it() {
        let mut handshake = Handshake::new(TlsOffer::Offered);
        let step = handshake.advance(b"\x16");
        assert_eq!(step.consumed, 0);
        assert!(matches!(step.action, Action::StartTls(TlsStart::Direct)));
    }

    #[test]
    fn inside_tls_only_a_client_that_did_not_negotiate_may_ask_again() {
        let negotiated = Handshake::inside_tls(TlsStart::Negotiated);
        let (said, over) = go_on(negotiated, &[SSL]);
        assert!(over && said.windows(9).any(|w| w == b"1234.5679"));
        let direct = Handshake::inside_tls(TlsStart::Direct);
        assert_eq!(go_on(direct, &[SSL, GSS]), (b"NN".to_vec(), false));
        let direct = Handshake::inside_tls(TlsStart::Direct);
        assert_eq!(go_on(direct, &[b"\x16\x03\x01\0"]), (Vec::new(), true));
    }

    #[test]
    fn tls_is_only_looked_for_in_the_first_byte_of_the_connection() {
        let mut handshake = Handshake::new(TlsOffer::Withheld);
        assert!(matches!(handshake.advance(b"").action, Action::NeedMore(4)));
        handshake.advance(SSL);
        assert!(matches!(
            handshake.advance(b"\x16").action,
            Action::NeedMore(4)
        ));
    }

    #[test]
    fn the_driver_is_told_how_much_to_read() {
        let mut handshake = Handshake::new(TlsOffer::Withheld);
        assert!(matches!(
            handshake.advance(STARTUP.split_at(6).0).action,
            Action::NeedMore(19)
        ));
    }
}
