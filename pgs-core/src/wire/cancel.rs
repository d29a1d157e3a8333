use std::fmt;
use std::ops::RangeInclusive;

use super::{FramingFault, Reader, client};

/// A request to cancel what another session is doing. Nothing is ever written back to it.
///
/// Source: PostgreSQL manual, [Canceling Requests in Progress](https://www.postgresql.org/docs/18/protocol-flow.html);
/// `backend_startup.c`, `ProcessCancelRequestPacket`.
#[derive(Clone, Copy)]
pub struct CancelRequest<'a> {
    packet: &'a [u8],
    pid: u32,
    key: &'a [u8],
}

impl<'a> CancelRequest<'a> {
    pub(super) fn parse(packet: &'a [u8], mut body: Reader<'a>) -> Result<Self, FramingFault> {
        let pid = body.u32().ok_or(FramingFault::CancelLength)?;
        let key = body.rest();
        if !(1..=MAX_KEY).contains(&key.len()) {
            return Err(FramingFault::CancelLength);
        }
        Ok(Self { packet, pid, key })
    }

    /// The whole packet as the client sent it.
    pub const fn packet(&self) -> &'a [u8] {
        self.packet
    }

    /// The process the client believes runs its query.
    pub const fn pid(&self) -> u32 {
        self.pid
    }
}

impl fmt::Debug for CancelRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelRequest")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

/// The right to cancel what one session is doing: what its server told it in `BackendKeyData`.
///
/// Source: PostgreSQL manual, [Message Formats, BackendKeyData](https://www.postgresql.org/docs/18/protocol-message-formats.html).
#[derive(Clone, PartialEq, Eq)]
pub struct BackendKey {
    pid: u32,
    key: Box<[u8]>,
}

impl BackendKey {
    /// A key as a server announces it: `None` unless `key` is 4 to 256 bytes long.
    pub fn new(pid: u32, key: &[u8]) -> Option<Self> {
        (MIN_ANNOUNCED_KEY..=MAX_KEY)
            .contains(&key.len())
            .then(|| Self {
                pid,
                key: key.into(),
            })
    }

    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let mut body = Reader::new(body);
        let pid = body.u32()?;
        Self::new(pid, body.rest())
    }

    /// The process that serves the session; unique within one server only.
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether `request` holds this key, all of it. Takes as long for a near miss as for a wild guess.
    pub fn permits(&self, request: &CancelRequest<'_>) -> bool {
        let differs = self
            .key
            .iter()
            .zip(request.key)
            .fold(0, |differs, (mine, theirs)| differs | (mine ^ theirs));
        self.pid == request.pid
            && self.key.len() == request.key.len()
            && std::hint::black_box(differs) == 0
    }

    /// Appends the request that uses this key.
    pub fn encode_cancel_request(&self, out: &mut Vec<u8>) {
        client::cancel_request(self.pid, &self.key, out);
    }
}

impl fmt::Debug for BackendKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendKey")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

/// How long the body of a `BackendKeyData` may be: the process and the key.
pub(super) const KEY_DATA: RangeInclusive<usize> = (4 + MIN_ANNOUNCED_KEY)..=(4 + MAX_KEY);

/// Source: PostgreSQL manual, "Message Formats", `CancelRequest` and `BackendKeyData`.
const MAX_KEY: usize = 256;
const MIN_ANNOUNCED_KEY: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FirstPacket;

    fn permits(key: &BackendKey, pid: u32, other: &[u8]) -> bool {
        let mut packet = Vec::new();
        client::cancel_request(pid, other, &mut packet);
        match FirstPacket::parse(&packet) {
            Ok(Some((FirstPacket::Cancel(request), _))) => key.permits(&request),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn only_the_whole_key_of_the_right_process_permits() {
        let key = BackendKey::new(7, b"abcd").unwrap();
        assert!(permits(&key, 7, b"abcd"));
        assert!(!permits(&key, 8, b"abcd"));
        assert!(!permits(&key, 7, b"abc"));
        assert!(!permits(&key, 7, b"abcde"));
        assert!(!permits(&key, 7, b"abce"));
    }

    #[test]
    fn keys_have_4_to_256_bytes() {
        assert!(BackendKey::new(1, &[0; 3]).is_none());
        assert!(BackendKey::new(1, &[0; 4]).is_some());
        assert!(BackendKey::new(1, &[0; 256]).is_some());
        assert!(BackendKey::new(1, &[0; 257]).is_none());
    }

    #[test]
    fn neither_debug_form_shows_the_key() {
        let key = BackendKey::new(7, b"secret").unwrap();
        assert_eq!(format!("{key:?}"), "BackendKey { pid: 7, .. }");
    }
}
