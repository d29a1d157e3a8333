use std::borrow::Cow;

use super::{ErrorSource, frame};

/// An error for a client, with the fields PostgreSQL sends and in its order.
///
/// Source: PostgreSQL manual, [Error and Notice Message Fields](https://www.postgresql.org/docs/18/protocol-error-fields.html);
/// `src/backend/utils/error/elog.c`, `send_message_to_frontend`.
///
/// ```
/// use pgs_core::wire::ErrorResponse;
///
/// let mut out = Vec::new();
/// ErrorResponse::fatal("53300", "sorry, too many clients already").encode(&mut out);
/// assert!(out.starts_with(b"E\0\0\0"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorResponse<'a> {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of error it is.
    pub sqlstate: &'static str,
    /// The text; bytes, because it may quote a name.
    pub message: Cow<'a, [u8]>,
    /// The second line.
    pub detail: Option<Cow<'a, [u8]>>,
    /// What to do about it.
    pub hint: Option<Cow<'a, [u8]>>,
    /// Where in PostgreSQL it is raised.
    pub source: Option<ErrorSource>,
}

impl<'a> ErrorResponse<'a> {
    /// An error that ends the connection.
    pub fn fatal(sqlstate: &'static str, message: impl Into<Text<'a>>) -> Self {
        Self {
            severity: Severity::Fatal,
            sqlstate,
            message: message.into().0,
            detail: None,
            hint: None,
            source: None,
        }
    }

    /// The same error with a second line.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Text<'a>>) -> Self {
        self.detail = Some(detail.into().0);
        self
    }

    /// The same error with advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Text<'a>>) -> Self {
        self.hint = Some(hint.into().0);
        self
    }

    /// The same error, raised at `source`.
    #[must_use]
    pub fn with_source(mut self, source: ErrorSource) -> Self {
        self.source = Some(source);
        self
    }

    /// Appends the message as protocol 3 spells it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        frame::put(out, b'E', |body| {
            for (tag, value) in self.fields() {
                body.push(tag);
                frame::put_cstr(body, value);
            }
            body.push(0);
        });
    }

    /// Appends the message as protocol 2 spells it: a text without a length.
    pub fn encode_v2(&self, out: &mut Vec<u8>) {
        out.push(b'E');
        out.extend_from_slice(self.severity.as_str().as_bytes());
        out.extend_from_slice(b":  ");
        out.extend(self.message.iter().take_while(|byte| **byte != 0));
        out.extend_from_slice(b"\n\0");
    }

    fn fields(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let severity = self.severity.as_str().as_bytes();
        let source = self.source.as_ref();
        [
            (b'S', Some(severity)),
            (b'V', Some(severity)),
            (b'C', Some(self.sqlstate.as_bytes())),
            (b'M', Some(self.message.as_ref())),
            (b'D', self.detail.as_deref()),
            (b'H', self.hint.as_deref()),
            (b'F', source.map(ErrorSource::file)),
            (b'L', source.map(ErrorSource::line)),
            (b'R', source.map(ErrorSource::routine)),
        ]
        .into_iter()
        .filter_map(|(tag, value)| value.map(|value| (tag, value)))
    }
}

/// How bad an error is, as far as a proxy is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Severity {
    /// The statement failed.
    Error,
    /// The connection ends.
    Fatal,
}

impl Severity {
    /// The untranslated word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

/// A text field, from a string or from bytes.
#[derive(Clone, Debug)]
pub struct Text<'a>(Cow<'a, [u8]>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text.as_bytes()))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text.into_bytes()))
    }
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(text: &'a [u8]) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<Vec<u8>> for Text<'_> {
    fn from(text: Vec<u8>) -> Self {
        Self(Cow::Owned(text))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sqlstate;

    #[test]
    fn a_wrong_password_is_the_known_76_bytes() {
        let mut out = Vec::new();
        ErrorResponse::fatal(
            sqlstate::INVALID_PASSWORD,
            "password authentication failed for user \"alice\"",
        )
        .encode(&mut out);
        assert_eq!(out.len(), 76);
        assert!(out.starts_with(b"E\0\0\0\x4BSFATAL\0VFATAL\0C28P01\0Mpassword"));
    }

    #[test]
    fn every_field_has_its_place() {
        let mut out = Vec::new();
        ErrorResponse::fatal(sqlstate::INVALID_PARAMETER_VALUE, "m")
            .with_hint("h")
            .with_detail("d")
            .with_source(ErrorSource::known("f", "1", "r"))
            .encode(&mut out);
        let fields = b"SFATAL\0VFATAL\0C22023\0Mm\0Dd\0Hh\0Ff\0L1\0Rr\0\0";
        assert_eq!(out.get(5..), Some(&fields[..]));
        assert_eq!(out.get(..5), Some(&b"E\0\0\0\x2C"[..]));
    }

    #[test]
    fn an_old_client_gets_a_text() {
        let mut out = Vec::new();
        ErrorResponse::fatal(sqlstate::FEATURE_NOT_SUPPORTED, "too old").encode_v2(&mut out);
        assert_eq!(out, b"EFATAL:  too old\n\0");
    }
}
