use super::MECHANISM;
use super::fault::Fault;
use crate::wire::Reader;

/// The SCRAM message inside a `SASLInitialResponse`; `None` when the client wants the server to speak first.
///
/// Source: `auth-sasl.c`, `CheckSASLAuth`; PostgreSQL manual,
/// [Message Formats, SASLInitialResponse](https://www.postgresql.org/docs/18/protocol-message-formats.html).
pub(super) fn parse(body: &[u8]) -> Result<Option<&[u8]>, Fault> {
    let mut body = Reader::new(body);
    let mechanism = body.cstr().ok_or(Fault::Unterminated)?;
    if mechanism != MECHANISM.as_bytes() {
        return Err(Fault::Mechanism);
    }
    let length = body.u32().ok_or(Fault::ShortLength)?;
    let message = match length {
        NO_MESSAGE => None,
        length => {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            Some(body.take(length).ok_or(Fault::ShortData)?)
        }
    };
    if !body.is_empty() {
        return Err(Fault::Trailing);
    }
    Ok(message)
}

/// -1 as it goes over the wire.
const NO_MESSAGE: u32 = u32::MAX;
