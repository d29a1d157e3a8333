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
/// Complete on purpose: when TLS comes, `StartTls` becomes a variant here, and the compiler then finds every driver.
#[derive(Clone, Debug)]
pub enum Action<'a> {
    /// Read until the buffer holds at least this many bytes, then ask again.
    NeedMore(usize),
    /// Send these bytes, then ask again.
    Reply(&'static [u8]),
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
