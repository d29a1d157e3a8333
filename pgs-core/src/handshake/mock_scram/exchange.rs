use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::client_first::{Binding, ClientFirst};
use super::fault::Fault;
use super::{MECHANISM, MockSecret, client_final, initial_response};
use crate::wire::{Challenge, ErrorResponse, ErrorSource, Reader, authentication, sqlstate};

/// One exchange that ends with a wrong password, whatever the client sends.
///
/// ```
/// use pgs_core::handshake::mock_scram::{MockAction, MockScram, MockSecret};
///
/// let secret = MockSecret::new([7; 32]);
/// let mut exchange = MockScram::new(b"nobody", &secret, [1; 18]);
/// assert_eq!(exchange.greeting(), b"R\0\0\0\x17\0\0\0\x0ASCRAM-SHA-256\0\0");
/// let step = exchange.advance(b"p\0\0\0\x26SCRAM-SHA-256\0\0\0\0\x10n,,n=,r=abcdefgh");
/// assert!(matches!(step.action, MockAction::Reply(bytes) if bytes.ends_with(b",i=4096")));
/// ```
#[derive(Debug)]
pub struct MockScram {
    user: Vec<u8>,
    salt: String,
    iterations: u32,
    nonce: [u8; 18],
    wrong_password: ErrorSource,
    state: State,
}

impl MockScram {
    /// An exchange for `user`, cut to 63 bytes already, with a `nonce` fresh from a random source.
    pub fn new(user: &[u8], secret: &MockSecret, nonce: [u8; 18]) -> Self {
        Self {
            user: user.to_vec(),
            salt: secret.salt(user),
            iterations: DEFAULT_ITERATIONS,
            nonce,
            wrong_password: ErrorSource::known("auth.c", "317", "auth_failed"),
            state: State::Initial,
        }
    }

    /// The same exchange, with the salt that belongs to `identity` instead of the user's: where one name is a role of
    /// several servers.
    #[must_use]
    pub fn with_salt_of(mut self, identity: &[u8], secret: &MockSecret) -> Self {
        self.salt = secret.salt(identity);
        self
    }

    /// The same exchange, ending where the live servers raise a wrong password.
    #[must_use]
    pub fn with_wrong_password_source(mut self, source: ErrorSource) -> Self {
        self.wrong_password = source;
        self
    }

    /// The same exchange, with the salt that a live server has told for this name before.
    #[must_use]
    pub fn with_challenge(mut self, challenge: &Challenge) -> Self {
        challenge.salt().clone_into(&mut self.salt);
        self.iterations = challenge.iterations();
        self
    }

    /// The first message: the mechanisms to choose from. A version negotiation goes in front of it.
    pub fn greeting(&self) -> Vec<u8> {
        let mut out = Vec::new();
        authentication::sasl(&[MECHANISM], &mut out);
        out
    }

    /// Looks at everything the client has sent and was not consumed yet.
    pub fn advance(&mut self, buf: &[u8]) -> MockStep {
        if matches!(self.state, State::Over) {
            return self.end(MockAction::Close);
        }
        let mut reader = Reader::new(buf);
        match reader.u8() {
            None => return MockStep::need(1),
            Some(b'p') => {}
            Some(tag) => return self.fail(Fault::MessageType(tag)),
        }
        let Some(length) = reader.u32() else {
            return MockStep::need(HEADER);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(body) = length
            .checked_sub(LENGTH_WORD)
            .filter(|_| length <= MAX_LENGTH)
        else {
            return self.refuse();
        };
        match reader.take(body) {
            None => MockStep::need(TAG.saturating_add(length)),
            Some(body) => self.message(body, TAG.saturating_add(length)),
        }
    }

    /// What to do when the client sends no more and `buf` was not consumed.
    ///
    /// PostgreSQL takes half a message for a failed login and nothing at all for a change of mind.
    pub fn end_of_input(&mut self, buf: &[u8]) -> MockAction {
        if buf.is_empty() {
            return self.end(MockAction::Close).action;
        }
        match self.advance(buf).action {
            MockAction::NeedMore(_) => self.refuse().action,
            action => action,
        }
    }

    fn message(&mut self, body: &[u8], consumed: usize) -> MockStep {
        let reply = match &self.state {
            State::Initial => initial_response::parse(body).and_then(|message| match message {
                Some(message) => self.challenge(message),
                None => Ok((Vec::new(), State::First)),
            }),
            State::First => self.challenge(body),
            State::Final { binding, nonce } => match client_final::check(body, *binding, nonce) {
                Ok(()) => return self.refuse(),
                Err(fault) => Err(fault),
            },
            State::Over => return self.end(MockAction::Close),
        };
        match reply {
            Ok((data, state)) => self.reply(&data, state, consumed),
            Err(fault) => self.fail(fault),
        }
    }

    /// The server-first-message. Source: `auth-scram.c`, `build_server_first_message`.
    fn challenge(&self, message: &[u8]) -> Result<(Vec<u8>, State), Fault> {
        let ClientFirst { binding, mut nonce } = ClientFirst::parse(message)?;
        nonce.extend_from_slice(STANDARD.encode(self.nonce).as_bytes());
        let rest = format!(",s={},i={}", self.salt, self.iterations);
        let data = [b"r=", &nonce[..], rest.as_bytes()].concat();
        Ok((data, State::Final { binding, nonce }))
    }

    fn reply(&mut self, data: &[u8], state: State, consumed: usize) -> MockStep {
        let mut out = Vec::new();
        authentication::sasl_continue(data, &mut out);
        self.state = state;
        MockStep {
            consumed,
            action: MockAction::Reply(out),
        }
    }

    fn refuse(&mut self) -> MockStep {
        let mut message = b"password authentication failed for user \"".to_vec();
        message.extend_from_slice(&self.user);
        message.push(b'"');
        let error = ErrorResponse::fatal(sqlstate::INVALID_PASSWORD, message)
            .with_source(self.wrong_password.clone());
        self.reject(&error)
    }

    fn fail(&mut self, fault: Fault) -> MockStep {
        self.reject(&fault.response())
    }

    fn reject(&mut self, error: &ErrorResponse<'_>) -> MockStep {
        let mut out = Vec::new();
        error.encode(&mut out);
        self.end(MockAction::Reject(out))
    }

    fn end(&mut self, action: MockAction) -> MockStep {
        self.state = State::Over;
        MockStep {
            consumed: 0,
            action,
        }
    }
}

/// What to do about the bytes at the start of the driver's buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockStep {
    /// How many bytes were used up.
    pub consumed: usize,
    /// What to do now.
    pub action: MockAction,
}

impl MockStep {
    const fn need(total: usize) -> Self {
        Self {
            consumed: 0,
            action: MockAction::NeedMore(total),
        }
    }
}

/// What a driver does for a mock exchange. Complete by definition: there is no way to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MockAction {
    /// Read until the buffer holds at least this many bytes, then ask again. Never more than 1025.
    NeedMore(usize),
    /// Send these bytes, then ask again.
    Reply(Vec<u8>),
    /// Send these bytes, then close so that the client can read them.
    Reject(Vec<u8>),
    /// Close without a byte.
    Close,
}

#[derive(Clone, Debug)]
enum State {
    Initial,
    First,
    Final { binding: Binding, nonce: Vec<u8> },
    Over,
}

const TAG: usize = 1;
const LENGTH_WORD: usize = 4;
const HEADER: usize = TAG + LENGTH_WORD;

/// The longest message, length word included. Source: `PG_MAX_SASL_MESSAGE_LENGTH`, `src/include/libpq/sasl.h`.
const MAX_LENGTH: usize = 1024;
/// Source: `SCRAM_SHA_256_DEFAULT_ITERATIONS`, `src/include/common/scram-common.h`.
const DEFAULT_ITERATIONS: u32 = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::client;

    fn exchange() -> MockScram {
        MockScram::new(b"nobody", &MockSecret::new([7; 32]), [0; 18])
    }

    #[test]
    fn a_challenge_extends_the_nonce_by_24_characters_and_keeps_the_salt() {
        let mut first = Vec::new();
        client::sasl_initial_response("SCRAM-SHA-256", Some(b"y,,n=,r=abc"), &mut first);
        let step = exchange().advance(&first);
        assert_eq!(step.consumed, first.len());
        let salt = MockSecret::new([7; 32]).salt(b"nobody");
        let want = format!("r=abcAAAAAAAAAAAAAAAAAAAAAAAA,s={salt},i=4096");
        assert!(
            matches!(step.action, MockAction::Reply(bytes) if bytes.ends_with(want.as_bytes()))
        );
    }

    #[test]
    fn a_challenge_that_a_live_server_gave_is_given_again() {
        let live = Challenge::new("c2FsdA==", 5000).unwrap();
        let mut first = Vec::new();
        client::sasl_initial_response("SCRAM-SHA-256", Some(b"n,,n=,r=abc"), &mut first);
        let step = exchange().with_challenge(&live).advance(&first);
        assert!(
            matches!(step.action, MockAction::Reply(bytes) if bytes.ends_with(b",s=c2FsdA==,i=5000"))
        );
    }

    #[test]
    fn half_a_message_is_a_failed_login_and_none_is_a_change_of_mind() {
        assert_eq!(exchange().end_of_input(b""), MockAction::Close);
        for half in [&b"p"[..], b"p\0", b"p\0\0\0\x10abc"] {
            let answer = exchange().end_of_input(half);
            assert!(
                matches!(answer, MockAction::Reject(bytes) if bytes.windows(5).any(|w| w == b"28P01"))
            );
        }
    }

    #[test]
    fn the_last_answer_carries_the_live_servers_source() {
        let mut exchange = exchange().with_wrong_password_source(ErrorSource::known(
            "auth.c",
            "999",
            "auth_failed",
        ));
        let answer = exchange.advance(b"p\0\0\0\x03").action;
        assert!(
            matches!(answer, MockAction::Reject(bytes) if bytes.ends_with(b"\0L999\0Rauth_failed\0\0"))
        );
        assert_eq!(exchange.advance(b"p").action, MockAction::Close);
    }
}
