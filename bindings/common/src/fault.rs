use pgs::{Error, ErrorKind};
use serde::Serialize;

/// The code of what is asked of a manager or a proxy after it was closed.
pub const CLOSED: &str = "PGS_CLOSED";

/// An error as a plain value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// For programs: `PGS_` and the name of its [`ErrorKind`], such as `PGS_ALREADY_EXISTS`; or [`CLOSED`].
    pub code: String,
    /// For people: what went wrong and why.
    pub message: String,
    /// The one thing to try next, where there is one.
    pub remedy: Option<String>,
    /// Whether the same call may succeed later without anybody changing anything.
    pub retryable: bool,
}

impl Fault {
    /// The code of a kind of error.
    #[must_use]
    pub fn code(kind: ErrorKind) -> String {
        format!("PGS_{}", kind.code().to_ascii_uppercase())
    }

    /// What is asked for is closed.
    #[must_use]
    pub fn closed(what: &str) -> Self {
        Self {
            code: CLOSED.to_owned(),
            message: format!("the {what} is closed"),
            remedy: Some(format!("make every call before the {what} is closed")),
            retryable: false,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self {
            code: Self::code(error.kind()),
            message: error.chain(),
            remedy: error.remedy().map(str::to_owned),
            retryable: error.kind().is_retryable(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_all_that_the_error_says() {
        let error = "Acme".parse::<pgs::TenantId>().unwrap_err();
        let fault = Fault::from(error);
        assert_eq!(fault.code, "PGS_INVALID_INPUT");
        assert!(fault.message.contains("Acme"), "{fault:?}");
        assert!(fault.remedy.is_some() && !fault.retryable, "{fault:?}");
        assert!(Fault::from(Error::new(ErrorKind::Busy, "x")).retryable);
    }
}
