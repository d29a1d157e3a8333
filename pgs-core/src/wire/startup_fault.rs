use super::{ErrorResponse, ErrorSource, Negotiation, ProtocolVersion, sqlstate};

/// A startup packet that is framed well and asks for something PostgreSQL refuses.
///
/// Source: `backend_startup.c`, `ProcessStartupPacket`.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartupFault<'a> {
    /// The major version is not 3, or an encryption request came at the wrong time.
    #[error("unsupported frontend protocol {0}")]
    UnsupportedProtocol(ProtocolVersion),
    /// A `replication` value that is neither a bool word nor `database`.
    #[error("invalid value for parameter name=`replication` value=`{}`", .0.escape_ascii())]
    Replication(&'a [u8]),
    /// The parameters do not end where the packet ends.
    #[error("invalid startup packet layout")]
    Layout,
    /// There is no user, or an empty one.
    #[error("no user name specified in startup packet")]
    MissingUser(Option<Negotiation<'a>>),
}

impl StartupFault<'_> {
    /// Appends the answer PostgreSQL gives, in the protocol the client reads.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let error = self.response();
        match self {
            Self::UnsupportedProtocol(version) if version.speaks_v2() => error.encode_v2(out),
            Self::MissingUser(Some(negotiation)) => {
                negotiation.encode(out);
                error.encode(out);
            }
            _ => error.encode(out),
        }
    }

    fn response(&self) -> ErrorResponse<'static> {
        match self {
            Self::UnsupportedProtocol(version) => ErrorResponse::fatal(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("unsupported frontend protocol {version}: server supports 3.0 to 3.2"),
            )
            .with_source(source("731")),
            Self::Replication(value) => {
                let mut message = b"invalid value for parameter \"replication\": \"".to_vec();
                message.extend_from_slice(value);
                message.push(b'"');
                ErrorResponse::fatal(sqlstate::INVALID_PARAMETER_VALUE, message)
                    .with_hint("Valid values are: \"false\", 0, \"true\", 1, \"database\".")
                    .with_source(source("791"))
            }
            Self::Layout => ErrorResponse::fatal(
                sqlstate::PROTOCOL_VIOLATION,
                "invalid startup packet layout: expected terminator as last byte",
            )
            .with_source(source("835")),
            Self::MissingUser(_) => ErrorResponse::fatal(
                sqlstate::INVALID_AUTHORIZATION,
                "no PostgreSQL user name specified in startup packet",
            )
            .with_source(source("852")),
        }
    }
}

/// Where PostgreSQL 18.6 raises it.
const fn source(line: &'static str) -> ErrorSource {
    ErrorSource::known("backend_startup.c", line, "ProcessStartupPacket")
}
