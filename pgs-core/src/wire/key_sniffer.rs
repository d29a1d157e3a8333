use std::borrow::Cow;

use super::authentication::{AUTH_REQ_OK, AUTH_REQ_SASL, AUTH_REQ_SASL_CONT};
use super::cancel::KEY_DATA;
use super::{BackendKey, Challenge, ErrorSource, ProtocolVersion, Reader, sqlstate};

/// Reads along what a server says before its first `ReadyForQuery`, to learn the session's cancel key.
///
/// It never holds bytes back: the caller feeds it what it read, acts on what was learnt, and then forwards those
/// same bytes. A key that is put into the cancel table between the two is there before the client can know it.
///
/// ```
/// use pgs_core::wire::KeySniffer;
///
/// let mut sniffer = KeySniffer::new();
/// sniffer.feed(b"K\0\0\0\x0C\0\0\0\x2Aabcd");
/// assert_eq!(sniffer.take_key().map(|key| key.pid()), Some(42));
/// assert!(!sniffer.is_done());
/// sniffer.feed(b"Z\0\0\0\x05I");
/// assert!(sniffer.is_done());
/// ```
///
/// Source: PostgreSQL manual, [Message Flow, Start-up](https://www.postgresql.org/docs/18/protocol-flow.html).
#[derive(Debug)]
pub struct KeySniffer {
    state: State,
    buffered: Vec<u8>,
    progress: Progress,
    negotiated: Option<ProtocolVersion>,
    announced: bool,
    key: Option<BackendKey>,
    challenge: Option<Challenge>,
    wrong_password: Option<ErrorSource>,
}

/// How far a login has come, by what its server has said so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// The server has not answered yet.
    Silent,
    /// It has said how it wants to be convinced.
    Asked,
    /// It has said with which salt.
    Challenged,
    /// It has let the client in.
    LetIn,
    /// It has refused, before it let the client in.
    Refused,
}

impl KeySniffer {
    /// A sniffer for the first byte a server sends after a startup packet.
    pub const fn new() -> Self {
        Self {
            state: State::Header,
            buffered: Vec::new(),
            progress: Progress::Silent,
            negotiated: None,
            announced: false,
            key: None,
            challenge: None,
            wrong_password: None,
        }
    }

    /// Reads the next bytes of the server, however they are cut.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() && !self.is_done() {
            match self.state {
                State::Header => self.header(&mut reader),
                State::Body { tag, keep, skip } => self.body(&mut reader, tag, keep, skip),
                State::Skip(left) => self.skip(&mut reader, left),
                State::Done => {}
            }
        }
    }

    /// The cancel key, once, as soon as it was read.
    pub const fn take_key(&mut self) -> Option<BackendKey> {
        self.key.take()
    }

    /// Whether the server has let the client in.
    pub const fn is_authenticated(&self) -> bool {
        matches!(self.progress, Progress::LetIn)
    }

    /// How far the login has come.
    pub const fn progress(&self) -> Progress {
        self.progress
    }

    /// The protocol version that the server has negotiated down to; none if it took what it was asked for.
    pub const fn negotiated(&self) -> Option<ProtocolVersion> {
        self.negotiated
    }

    /// The salt of the role that wants in, once, as soon as the server has told it.
    pub const fn take_challenge(&mut self) -> Option<Challenge> {
        self.challenge.take()
    }

    /// Where this server raises a wrong password, when it has just done so.
    pub const fn wrong_password_source(&self) -> Option<&ErrorSource> {
        self.wrong_password.as_ref()
    }

    /// Whether there is nothing more to learn: the session is ready, or what was read is no startup phase.
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn header(&mut self, reader: &mut Reader<'_>) {
        let Some(header) = self.whole(reader, HEADER) else {
            return;
        };
        self.state = self.plan(&header).unwrap_or(State::Done);
        // A message without a body is complete here: no further byte would come to say so.
        if let State::Body { tag, keep: 0, skip } = self.state {
            self.message(tag, &[]);
            self.state = State::after(skip);
        }
    }

    /// What to do with the message that `header` announces; `None` ends the search.
    fn plan(&self, header: &[u8]) -> Option<State> {
        let mut header = Reader::new(header);
        let tag = header.u8()?;
        let length = usize::try_from(header.u32()?).ok()?;
        let body = length.checked_sub(size_of::<u32>())?;
        let keep = match tag {
            // A second key would be nobody's: it must not displace one that was not taken yet.
            b'K' if !self.announced && KEY_DATA.contains(&body) => body,
            b'R' if body <= MAX_REQUEST => body,
            b'R' => AUTH_CODE,
            b'E' if !self.is_authenticated() && body <= MAX_ERROR => body,
            b'v' if body >= VERSION => VERSION,
            b'E' | b'N' | b'S' | b'v' => return Some(State::after(body)),
            _ => return None,
        };
        let skip = body.checked_sub(keep)?;
        Some(State::Body { tag, keep, skip })
    }

    fn body(&mut self, reader: &mut Reader<'_>, tag: u8, keep: usize, skip: usize) {
        let Some(body) = self.whole(reader, keep) else {
            return;
        };
        self.state = State::after(skip);
        self.message(tag, &body);
    }

    fn skip(&mut self, reader: &mut Reader<'_>, left: usize) {
        let skipped = reader.take_up_to(left).len();
        self.state = State::after(left.saturating_sub(skipped));
    }

    fn message(&mut self, tag: u8, body: &[u8]) {
        match tag {
            b'K' => {
                self.announced = true;
                self.key = BackendKey::parse(body);
            }
            b'R' => self.request(body),
            b'v' => self.negotiated = Reader::new(body).u32().map(ProtocolVersion::from_code),
            _ => {
                self.wrong_password = wrong_password(body);
                self.come_to(Progress::Refused);
            }
        }
    }

    fn request(&mut self, body: &[u8]) {
        let mut body = Reader::new(body);
        match body.u32() {
            Some(AUTH_REQ_OK) => self.come_to(Progress::LetIn),
            Some(AUTH_REQ_SASL) => self.come_to(Progress::Asked),
            // An empty one only asks the client to begin.
            Some(AUTH_REQ_SASL_CONT) if self.progress < Progress::Challenged => {
                self.challenge = Challenge::parse(body.rest());
                if self.challenge.is_some() {
                    self.come_to(Progress::Challenged);
                }
            }
            _ => {}
        }
    }

    fn come_to(&mut self, progress: Progress) {
        self.progress = self.progress.max(progress);
    }

    /// The next `size` bytes once all of them are there. Only what is cut by the end of a read is copied.
    fn whole<'a>(&mut self, reader: &mut Reader<'a>, size: usize) -> Option<Cow<'a, [u8]>> {
        if self.buffered.is_empty()
            && let Some(bytes) = reader.take(size)
        {
            return Some(Cow::Borrowed(bytes));
        }
        let missing = size.saturating_sub(self.buffered.len());
        self.buffered.extend_from_slice(reader.take_up_to(missing));
        (self.buffered.len() >= size).then(|| Cow::Owned(std::mem::take(&mut self.buffered)))
    }
}

impl Default for KeySniffer {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Copy, Debug)]
enum State {
    Header,
    Body { tag: u8, keep: usize, skip: usize },
    Skip(usize),
    Done,
}

impl State {
    const fn after(skip: usize) -> Self {
        match skip {
            0 => Self::Header,
            left => Self::Skip(left),
        }
    }
}

fn wrong_password(body: &[u8]) -> Option<ErrorSource> {
    let code = error_field(body, b'C')?;
    if code != sqlstate::INVALID_PASSWORD.as_bytes() {
        return None;
    }
    Some(ErrorSource::learnt(
        error_field(body, b'F')?,
        error_field(body, b'L')?,
        error_field(body, b'R')?,
    ))
}

fn error_field(body: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut body = Reader::new(body);
    loop {
        let tag = body.u8().filter(|tag| *tag != 0)?;
        let value = body.cstr()?;
        if tag == wanted {
            return Some(value);
        }
    }
}

/// The tag and the length word.
const HEADER: usize = 5;
const AUTH_CODE: usize = 4;
const VERSION: usize = 4;
/// A challenge repeats the client's nonce, whose message was 1024 bytes at most.
const MAX_REQUEST: usize = 2 * 1024;
const MAX_ERROR: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed(bytes: &[u8]) -> KeySniffer {
        let mut sniffer = KeySniffer::new();
        sniffer.feed(bytes);
        sniffer
    }

    #[test]
    fn a_login_gives_the_key_and_ends_at_ready_for_query() {
        let mut sniffer = sniffed(LOGIN);
        assert!(sniffer.is_authenticated());
        assert_eq!(sniffer.take_key(), BackendKey::new(42, b"abcd"));
        assert_eq!(sniffer.take_key(), None);
        assert!(sniffer.is_done());
    }

    #[test]
    fn any_cut_in_three_gives_the_same() {
        for first in 0..LOGIN.len() {
            for second in first..LOGIN.len() {
                let (head, tail) = LOGIN.split_at(second);
                let (head, middle) = head.split_at(first);
                let mut sniffer = sniffed(head);
                sniffer.feed(middle);
                sniffer.feed(tail);
                assert_eq!(sniffer.take_key(), BackendKey::new(42, b"abcd"));
                assert!(sniffer.is_done() && sniffer.is_authenticated());
            }
        }
    }

    #[test]
    fn the_key_is_known_before_its_last_byte_is_forwarded() {
        let (last, before) = KEY_DATA_MESSAGE.split_last().unwrap();
        let mut sniffer = sniffed(before);
        assert_eq!(sniffer.take_key(), None);
        sniffer.feed(&[*last]);
        assert!(sniffer.take_key().is_some());
    }

    #[test]
    fn a_challenge_is_taken_once_and_belongs_to_its_role() {
        let mut sniffer = sniffed(b"R\0\0\0\x17\0\0\0\x0ASCRAM-SHA-256\0\0");
        assert_eq!(sniffer.progress(), Progress::Asked);
        sniffer.feed(b"R\0\0\0\x08\0\0\0\x0B");
        assert_eq!(sniffer.progress(), Progress::Asked, "it only said: begin");
        sniffer.feed(b"R\0\0\0\x1C\0\0\0\x0Br=ab,s=c2FsdA==,i=1");
        assert_eq!(sniffer.progress(), Progress::Asked, "half of it");
        sniffer.feed(b"7");
        assert_eq!(sniffer.progress(), Progress::Challenged);
        assert_eq!(sniffer.take_challenge(), Challenge::new("c2FsdA==", 17));
        assert_eq!(sniffer.take_challenge(), None);
        sniffer.feed(WRONG_PASSWORD);
        assert_eq!(sniffer.progress(), Progress::Refused);
    }

    #[test]
    fn a_version_that_was_negotiated_is_known_before_the_request() {
        assert_eq!(sniffed(LOGIN).negotiated(), Some(ProtocolVersion::V3_2));
        let older = sniffed(b"v\0\0\0\x13\0\x03\0\0\0\0\0\x01_pq_.x\0R\0\0\0\x08\0\0\0\0");
        assert_eq!(older.negotiated(), Some(ProtocolVersion::V3_0));
        assert_eq!(sniffed(b"v\0\0\0\x04").negotiated(), None);
    }

    #[test]
    fn a_wrong_password_teaches_its_source() {
        let sniffer = sniffed(WRONG_PASSWORD);
        assert_eq!(
            sniffer.wrong_password_source(),
            Some(&ErrorSource::known("auth.c", "317", "auth_failed"))
        );
        assert!(!sniffer.is_authenticated());
    }

    #[test]
    fn an_error_with_another_code_teaches_nothing() {
        let other = WRONG_PASSWORD.to_vec();
        let other = String::from_utf8(other).unwrap().replace("28P01", "28000");
        assert_eq!(sniffed(other.as_bytes()).wrong_password_source(), None);
    }

    #[test]
    fn an_error_after_authentication_is_not_kept() {
        let mut sniffer = sniffed(b"R\0\0\0\x08\0\0\0\0");
        sniffer.feed(WRONG_PASSWORD);
        assert_eq!(sniffer.wrong_password_source(), None);
    }

    #[test]
    fn a_long_error_is_skipped_unread() {
        let mut sniffer = sniffed(b"E\0\0\x20\x05");
        sniffer.feed(&[b'x'; 8 * 1024]);
        assert!(sniffer.buffered.is_empty());
        sniffer.feed(b"x");
        sniffer.feed(LOGIN);
        assert!(sniffer.take_key().is_some());
    }

    #[test]
    fn nonsense_ends_the_search() {
        for bytes in [
            &b"HTTP/1.1 400"[..],
            b"R\0\0\0\x03",
            b"K\0\0\x01\x09",
            b"EFATAL:  old\n\0",
            b"D\0\0\0\x04",
        ] {
            let mut sniffer = sniffed(bytes);
            assert_eq!(sniffer.take_key(), None);
            sniffer.feed(LOGIN);
            assert_eq!(sniffer.take_key(), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_second_key_ends_the_search_and_leaves_the_first() {
        let mut sniffer = sniffed(KEY_DATA_MESSAGE);
        sniffer.feed(b"K\0\0\0\x0C\0\0\0\x01wxyz");
        assert!(sniffer.is_done());
        assert_eq!(sniffer.take_key(), BackendKey::new(42, b"abcd"));
    }

    #[test]
    fn a_key_of_32_bytes_is_a_key_and_one_of_3_is_not() {
        let mut long = b"K\0\0\0\x28\0\0\0\x01".to_vec();
        long.extend_from_slice(&[7; 32]);
        assert_eq!(sniffed(&long).take_key(), BackendKey::new(1, &[7; 32]));
        assert_eq!(sniffed(b"K\0\0\0\x0B\0\0\0\x01abc").take_key(), None);
    }

    const LOGIN: &[u8] = b"v\0\0\0\x0C\0\x03\0\x02\0\0\0\0\
        R\0\0\0\x17\0\0\0\x0ASCRAM-SHA-256\0\0\
        R\0\0\0\x0C\0\0\0\x0Bdata\
        R\0\0\0\x08\0\0\0\0\
        S\0\0\0\x0Da\0bcdefg\0\
        N\0\0\0\x05\0\
        K\0\0\0\x0C\0\0\0\x2Aabcd\
        Z\0\0\0\x05I";
    const KEY_DATA_MESSAGE: &[u8] = b"K\0\0\0\x0C\0\0\0\x2Aabcd";

    /// Captured from 18.6.
    const WRONG_PASSWORD: &[u8] = b"E\0\0\0fSFATAL\0VFATAL\0C28P01\0\
        Mpassword authentication failed for user \"nobody\"\0Fauth.c\0L317\0Rauth_failed\0\0";
}
