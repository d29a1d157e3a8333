use std::borrow::Cow;

use crate::wire::{ErrorResponse, ErrorSource, sqlstate};

/// A message of a SASL exchange that PostgreSQL answers with something other than "wrong password".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    MessageType(u8),
    Unterminated,
    Mechanism,
    ShortLength,
    ShortData,
    Trailing,
    Empty,
    EmbeddedNul,
    CommaAfterN(u8),
    CommaAfterY(u8),
    UnwantedBinding,
    BindingFlag(u8),
    AuthorizationIdentity,
    UnexpectedAttribute(u8),
    MandatoryExtension,
    UnprintableNonce,
    OtherAttribute { wanted: u8, found: u8 },
    NoEqualsSign(u8),
    NoAttribute,
    AttributeName(u8),
    NoEqualsSignInAny(u8),
    ChannelBinding,
    Proof,
    Garbage,
    Nonce,
}

impl Fault {
    pub(super) fn response(self) -> ErrorResponse<'static> {
        let error =
            ErrorResponse::fatal(self.sqlstate(), self.message()).with_source(self.source());
        match self.detail() {
            Some(detail) => error.with_detail(detail),
            None => error,
        }
    }

    const fn sqlstate(self) -> &'static str {
        match self {
            Self::AuthorizationIdentity | Self::MandatoryExtension => {
                sqlstate::FEATURE_NOT_SUPPORTED
            }
            _ => sqlstate::PROTOCOL_VIOLATION,
        }
    }

    fn message(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::MessageType(tag) => {
                return format!("expected SASL response, got message type {tag}").into();
            }
            Self::Unterminated => "invalid string in message",
            Self::Mechanism => "client selected an invalid SASL authentication mechanism",
            Self::ShortLength | Self::ShortData => "insufficient data left in message",
            Self::Trailing => "invalid message format",
            Self::AuthorizationIdentity => {
                "client uses authorization identity, but it is not supported"
            }
            Self::MandatoryExtension => "client requires an unsupported SCRAM extension",
            Self::UnprintableNonce => "non-printable characters in SCRAM nonce",
            Self::ChannelBinding => {
                "unexpected SCRAM channel-binding attribute in client-final-message"
            }
            Self::Nonce => "invalid SCRAM response",
            _ => "malformed SCRAM message",
        })
    }

    fn detail(self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Empty => "The message is empty.".into(),
            Self::EmbeddedNul => "Message length does not match input length.".into(),
            Self::CommaAfterN(found) | Self::CommaAfterY(found) => {
                format!("Comma expected, but found character \"{}\".", shown(found)).into()
            }
            Self::UnwantedBinding => "The client selected SCRAM-SHA-256 without channel binding, \
                but the SCRAM message includes channel binding data."
                .into(),
            Self::BindingFlag(flag) => {
                format!("Unexpected channel-binding flag \"{}\".", shown(flag)).into()
            }
            Self::UnexpectedAttribute(found) => format!(
                "Unexpected attribute \"{}\" in client-first-message.",
                shown(found)
            )
            .into(),
            Self::OtherAttribute { wanted, found } => format!(
                "Expected attribute \"{}\" but found \"{}\".",
                char::from(wanted),
                shown(found)
            )
            .into(),
            Self::NoEqualsSign(name) | Self::NoEqualsSignInAny(name) => format!(
                "Expected character \"=\" for attribute \"{}\".",
                char::from(name)
            )
            .into(),
            Self::NoAttribute => "Attribute expected, but found end of string.".into(),
            Self::AttributeName(found) => format!(
                "Attribute expected, but found invalid character \"{}\".",
                shown(found)
            )
            .into(),
            Self::Proof => "Malformed proof in client-final-message.".into(),
            Self::Garbage => "Garbage found at the end of client-final-message.".into(),
            Self::Nonce => "Nonce does not match.".into(),
            _ => return None,
        })
    }

    /// Where PostgreSQL 18.6 raises it, measured.
    const fn source(self) -> ErrorSource {
        let (file, line, routine) = match self {
            Self::MessageType(_) => ("auth-sasl.c", "87", "CheckSASLAuth"),
            Self::Unterminated => ("pqformat.c", "622", "pq_getmsgrawstring"),
            Self::ShortLength => ("pqformat.c", "531", "pq_copymsgbytes"),
            Self::ShortData => ("pqformat.c", "513", "pq_getmsgbytes"),
            Self::Trailing => ("pqformat.c", "638", "pq_getmsgend"),
            Self::Mechanism => ("auth-scram.c", "265", "scram_init"),
            Self::Empty => ("auth-scram.c", "380", "scram_exchange"),
            Self::EmbeddedNul => ("auth-scram.c", "385", "scram_exchange"),
            Self::Nonce => ("auth-scram.c", "418", "scram_exchange"),
            Self::OtherAttribute { .. } => ("auth-scram.c", "749", "read_attr_value"),
            Self::NoEqualsSign(_) => ("auth-scram.c", "757", "read_attr_value"),
            Self::NoAttribute => ("auth-scram.c", "862", "read_any_attr"),
            Self::AttributeName(_) => ("auth-scram.c", "875", "read_any_attr"),
            Self::NoEqualsSignInAny(_) => ("auth-scram.c", "885", "read_any_attr"),
            Self::CommaAfterN(_) => ("auth-scram.c", "1000", FIRST),
            Self::CommaAfterY(_) => ("auth-scram.c", "1030", FIRST),
            Self::UnwantedBinding => ("auth-scram.c", "1044", FIRST),
            Self::BindingFlag(_) => ("auth-scram.c", "1062", FIRST),
            Self::AuthorizationIdentity => ("auth-scram.c", "1073", FIRST),
            Self::UnexpectedAttribute(_) => ("auth-scram.c", "1077", FIRST),
            Self::MandatoryExtension => ("auth-scram.c", "1094", FIRST),
            Self::UnprintableNonce => ("auth-scram.c", "1108", FIRST),
            Self::ChannelBinding => ("auth-scram.c", "1372", FINAL),
            Self::Proof => ("auth-scram.c", "1390", FINAL),
            Self::Garbage => ("auth-scram.c", "1398", FINAL),
        };
        ErrorSource::known(file, line, routine)
    }
}

/// A byte as PostgreSQL shows it in these texts. Source: `auth-scram.c`, `sanitize_char`.
fn shown(byte: u8) -> String {
    match byte {
        0x21..=0x7E => format!("'{}'", char::from(byte)),
        _ => format!("0x{byte:02x}"),
    }
}

const FIRST: &str = "read_client_first_message";
const FINAL: &str = "read_client_final_message";
