use super::{Params, ProtocolVersion, frame};

/// What PostgreSQL has to tell a client that asked for more than it speaks, in front of any other answer.
///
/// A client that sent a newer minor version or a `_pq_.` option misreads an error that comes without it, and
/// its absence would tell a refusal of ours from one of a live server.
///
/// Source: PostgreSQL manual, [Message Formats, NegotiateProtocolVersion](https://www.postgresql.org/docs/18/protocol-message-formats.html);
/// `backend_startup.c`, `SendNegotiateProtocolVersion`.
#[derive(Clone, Copy, Debug)]
pub struct Negotiation<'a> {
    granted: ProtocolVersion,
    body: &'a [u8],
}

impl<'a> Negotiation<'a> {
    /// What a server has to tell that speaks no newer version than `newest`.
    pub(super) fn of(
        version: ProtocolVersion,
        newest: ProtocolVersion,
        body: &'a [u8],
    ) -> Option<Self> {
        let optional = Self::options(body).next().is_some();
        let granted = version.min(newest);
        (version > newest || optional).then_some(Self { granted, body })
    }

    pub(super) fn options(body: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        Params::new(body)
            .map(|(name, _)| name)
            .filter(|name| name.starts_with(b"_pq_."))
    }

    /// Appends the `NegotiateProtocolVersion` message.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let count = u32::try_from(Self::options(self.body).count()).unwrap_or(u32::MAX);
        frame::put(out, b'v', |body| {
            body.extend_from_slice(&self.granted.code().to_be_bytes());
            body.extend_from_slice(&count.to_be_bytes());
            for name in Self::options(self.body) {
                frame::put_cstr(body, name);
            }
        });
    }
}
