use super::{CancelRequest, ProtocolVersion, Reader, StartupFault, StartupMessage};

/// What a client may send first.
///
/// Source: PostgreSQL manual, [Message Formats](https://www.postgresql.org/docs/18/protocol-message-formats.html).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum FirstPacket<'a> {
    /// Asks for a session.
    Startup(StartupMessage<'a>),
    /// Asks whether TLS is spoken here. PostgreSQL does not look at its length.
    SslRequest,
    /// Asks whether GSSAPI encryption is spoken here. PostgreSQL does not look at its length.
    GssEncRequest,
    /// Asks for a query of another session to be cancelled.
    Cancel(CancelRequest<'a>),
}

impl<'a> FirstPacket<'a> {
    /// Parses the packet at the start of `buf`; `Ok(None)` when it is not all there yet.
    pub fn parse(buf: &'a [u8]) -> Result<Option<(Self, usize)>, FirstPacketError<'a>> {
        let Some(packet) = framed(buf)? else {
            return Ok(None);
        };
        let mut body = Reader::new(packet);
        body.take(LENGTH_WORD).ok_or(FramingFault::Length)?;
        let code = body.u32().ok_or(FramingFault::Length)?;
        let first = match code {
            CANCEL_REQUEST_CODE => Self::Cancel(CancelRequest::parse(packet, body)?),
            SSL_REQUEST_CODE => Self::SslRequest,
            GSSENC_REQUEST_CODE => Self::GssEncRequest,
            _ => Self::Startup(StartupMessage::parse(
                packet,
                ProtocolVersion::from_code(code),
                body.rest(),
            )?),
        };
        Ok(Some((first, packet.len())))
    }

    /// How long `buf` has to be before parsing it can come to anything.
    ///
    /// Never more than [`FirstPacket::MAX_LENGTH`], whatever the peer claims.
    pub fn needed(buf: &[u8]) -> usize {
        match claimed_length(buf) {
            Some(Ok(length)) => length,
            _ => LENGTH_WORD,
        }
    }

    /// The longest first packet PostgreSQL reads.
    pub const MAX_LENGTH: usize = MAX_STARTUP_PACKET_LENGTH + LENGTH_WORD;
}

/// Whether the client starts with TLS instead of a packet. Only the first byte of a connection can tell.
///
/// As the first byte of a length word it would announce 369 MB, so no packet starts like this.
/// Source: `backend_startup.c`, `ProcessSSLStartup`.
pub fn opens_tls(buf: &[u8]) -> bool {
    buf.first() == Some(&TLS_HANDSHAKE_RECORD)
}

/// Why a first packet was not understood. PostgreSQL treats the two kinds differently.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum FirstPacketError<'a> {
    /// Not a packet: close without an answer.
    #[error("{0}")]
    Framing(FramingFault),
    /// A packet that asks for something impossible: answer with an error, then close.
    #[error("{0}")]
    Startup(StartupFault<'a>),
}

impl From<FramingFault> for FirstPacketError<'_> {
    fn from(fault: FramingFault) -> Self {
        Self::Framing(fault)
    }
}

impl<'a> From<StartupFault<'a>> for FirstPacketError<'a> {
    fn from(fault: StartupFault<'a>) -> Self {
        Self::Startup(fault)
    }
}

/// Bytes that are no packet at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingFault {
    /// The length word is outside 8..=10004.
    #[error("invalid length of startup packet")]
    Length,
    /// A cancel request whose key is not 1 to 256 bytes long.
    #[error("invalid length of cancel request packet")]
    CancelLength,
}

fn framed(buf: &[u8]) -> Result<Option<&[u8]>, FramingFault> {
    let length = claimed_length(buf).transpose()?;
    Ok(length.and_then(|length| buf.get(..length)))
}

fn claimed_length(buf: &[u8]) -> Option<Result<usize, FramingFault>> {
    let word = Reader::new(buf).u32()?;
    let length = usize::try_from(word).unwrap_or(usize::MAX);
    let allowed = (LENGTH_WORD + CODE_WORD)..=FirstPacket::MAX_LENGTH;
    Some(if allowed.contains(&length) {
        Ok(length)
    } else {
        Err(FramingFault::Length)
    })
}

const LENGTH_WORD: usize = 4;
const CODE_WORD: usize = 4;

/// Compared with the length of the packet without its length word. Source: `src/include/libpq/pqcomm.h`.
pub(super) const MAX_STARTUP_PACKET_LENGTH: usize = 10_000;

/// Source of the three codes: `src/include/libpq/pqcomm.h`.
pub(super) const CANCEL_REQUEST_CODE: u32 = 0x04D2_162E;
pub(super) const SSL_REQUEST_CODE: u32 = 0x04D2_162F;
pub(super) const GSSENC_REQUEST_CODE: u32 = 0x04D2_1630;

/// Source: RFC 8446, section 5.1, `ContentType.handshake`.
const TLS_HANDSHAKE_RECORD: u8 = 0x16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::client;

    #[test]
    fn the_length_word_may_say_8_to_10004() {
        for (length, ok) in [
            (0, false),
            (7, false),
            (8, true),
            (10_004, true),
            (10_005, false),
            (u32::MAX, false),
        ] {
            let word = u32::to_be_bytes(length);
            let waits = matches!(FirstPacket::parse(&word), Ok(None));
            assert_eq!(waits, ok, "{length}");
        }
    }

    #[test]
    fn junk_is_known_by_its_fourth_byte_and_not_before() {
        assert!(matches!(FirstPacket::parse(b"GET"), Ok(None)));
        assert!(matches!(
            FirstPacket::parse(b"GET "),
            Err(FirstPacketError::Framing(FramingFault::Length))
        ));
    }

    #[test]
    fn what_is_needed_never_exceeds_the_limit() {
        assert_eq!(FirstPacket::needed(b""), 4);
        assert_eq!(
            FirstPacket::needed(b"\0\0\x27\x14"),
            FirstPacket::MAX_LENGTH
        );
        assert_eq!(FirstPacket::needed(b"\xFF\xFF\xFF\xFF"), 4);
    }

    #[test]
    fn an_encryption_request_of_any_length_is_one() {
        for packet in [
            &b"\0\0\0\x08\x04\xD2\x16\x2F"[..],
            b"\0\0\0\x0C\x04\xD2\x16\x2Fabcd",
        ] {
            assert!(matches!(
                FirstPacket::parse(packet),
                Ok(Some((FirstPacket::SslRequest, length))) if length == packet.len()
            ));
        }
    }

    #[test]
    fn a_cancel_request_has_1_to_256_key_bytes() {
        for (length, ok) in [(0, false), (1, true), (256, true), (257, false)] {
            let mut packet = Vec::new();
            client::cancel_request(7, &vec![b'k'; length], &mut packet);
            match FirstPacket::parse(&packet) {
                Ok(Some((FirstPacket::Cancel(request), _))) => {
                    assert!(ok);
                    assert_eq!((request.pid(), request.packet()), (7, &packet[..]));
                }
                Err(FirstPacketError::Framing(FramingFault::CancelLength)) => assert!(!ok),
                other => unreachable!("{other:?}"),
            }
        }
        assert!(FirstPacket::parse(b"\0\0\0\x08\x04\xD2\x16\x2E").is_err());
    }

    #[test]
    fn tls_is_told_by_one_byte() {
        assert!(opens_tls(b"\x16"));
        assert!(!opens_tls(b"\0") && !opens_tls(b""));
    }
}
