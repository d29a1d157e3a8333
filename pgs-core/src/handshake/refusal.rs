use crate::wire::{ErrorResponse, StartupMessage};

/// The bytes that refuse a session: the version negotiation, if the client asked for one, and the error.
///
/// An error without the negotiation in front would be misread by newer clients, and would differ from a live server's.
pub fn refuse(startup: &StartupMessage<'_>, error: &ErrorResponse<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    if let Some(negotiation) = startup.negotiation() {
        negotiation.encode(&mut out);
    }
    error.encode(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FirstPacket;

    fn refused(packet: &[u8]) -> Vec<u8> {
        let error = ErrorResponse::fatal("57P03", "the database system is shutting down");
        match FirstPacket::parse(packet) {
            Ok(Some((FirstPacket::Startup(startup), _))) => refuse(&startup, &error),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_newer_client_hears_the_version_first() {
        assert!(
            refused(b"\0\0\0\x10\0\x03\x27\x0Fuser\0a\0\0")
                .starts_with(b"v\0\0\0\x0C\0\x03\0\x02\0\0\0\0E")
        );
        assert!(refused(b"\0\0\0\x10\0\x03\0\x02user\0a\0\0").starts_with(b"E"));
    }
}
