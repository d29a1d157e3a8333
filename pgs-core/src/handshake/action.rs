use crate::wire::{CancelRequest, StartupMessage};

/// What to do about the bytes at the start of the driver's buffer.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// How many bytes were used up. The others have not been looked at.
    pub consumed: usize,
    /// What to do now.
    pub action: Action<'a>,
}

/// What a driver does for a handshake.
///
/// Complete on purpose: a new variant has to be found by the compiler in every driver.
#[derive(Clone, Debug)]
pub enum Action<'a> {
    /// Read until the buffer holds at least this many bytes, then ask again.
    NeedMore(usize),
    /// Send these bytes, then ask again.
    Reply(&'static [u8]),
    /// Speak TLS from here on: everything behind the consumed bytes, in the buffer and on the socket, is the client's TLS.
    ///
    /// This handshake is over. What comes out of TLS goes to a new one, [`Handshake::inside_tls`](super::Handshake::inside_tls).
    StartTls(TlsStart),
    /// Look up where this session belongs.
    ///
    /// Bytes behind the startup packet belong to the session. An answer of the proxy's own goes through
    /// [`refuse`](super::refuse) or [`MockScram`](super::MockScram), which know what has to come before it.
    Route(StartupMessage<'a>),
    /// Pass the request on to whoever announced its key, and answer nothing.
    Cancel(CancelRequest<'a>),
    /// Send these bytes, then close so that the client can read them: flush, shut down writing, drain, close.
    Reject(Vec<u8>),
    /// Close without a byte.
    Close,
}

/// How a client came to speak TLS.
///
/// Complete by definition: PostgreSQL manual,
/// [SSL Session Encryption](https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-SSL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsStart {
    /// It asked with an `SSLRequest`: send it [`TlsStart::ACCEPTED`] first, in the clear.
    Negotiated,
    /// It began with TLS. It has to name the protocol `postgresql` by ALPN; a client that names none is closed on.
    Direct,
}

impl TlsStart {
    /// The answer to an `SSLRequest` that is granted.
    pub const ACCEPTED: &[u8] = b"S";
}
