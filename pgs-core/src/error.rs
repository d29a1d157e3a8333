use std::{error, fmt};

/// The result of every fallible operation of pgs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, what to do about it, and why.
///
/// The [`kind`](Error::kind) is for programs, the text for people, the [`remedy`](Error::remedy) is the one thing to try next.
/// No clear password and no verifier is ever part of it.
///
/// ```
/// use pgs_core::{ErrorKind, TenantId};
///
/// let error = "Acme".parse::<TenantId>().unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert!(error.to_string().contains("Acme"));
/// ```
pub struct Error {
    kind: ErrorKind,
    message: String,
    remedy: Option<String>,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

/// What a caller can act on. One kind for each different reaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value does not follow its grammar: correct it and call again.
    InvalidInput,
    /// The name is taken: choose another, or remove its holder first.
    AlreadyExists,
    /// There is no such tenant: list what there is.
    NotFound,
    /// Somebody else changed the tenant meanwhile: read it again and repeat.
    Conflict,
    /// Another process is working on this tenant: wait and repeat.
    Busy,
    /// The tenant is protected against removal: lift the protection first.
    Protected,
    /// The tenant is in a state that does not allow this: bring it to another state first.
    WrongState,
    /// This provisioner, platform or version cannot do it: choose another way.
    Unsupported,
    /// Something that must be installed is not there: the remedy names the command.
    MissingDependency,
    /// The operating system refuses: run with more rights, or elsewhere.
    PermissionDenied,
    /// Disk, memory, descriptors or processes are used up: free some.
    ResourceExhausted,
    /// An init script failed: the message has its file, its line and the server's words.
    InitScript,
    /// The server did not get ready, or stopped unasked: the message has the end of its log.
    InstanceFailed,
    /// It did not finish in time and goes on: look again later.
    Timeout,
    /// What is stored contradicts itself: nothing was changed, a person must look.
    Corrupt,
    /// Anything else the operating system or a library reports.
    Internal,
}

impl ErrorKind {
    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Conflict | Self::Busy | Self::Timeout | Self::ResourceExhausted
        )
    }

    /// The stable name that `--json` output and the bindings carry, such as `already_exists`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::AlreadyExists => "already_exists",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Busy => "busy",
            Self::Protected => "protected",
            Self::WrongState => "wrong_state",
            Self::Unsupported => "unsupported",
            Self::MissingDependency => "missing_dependency",
            Self::PermissionDenied => "permission_denied",
            Self::ResourceExhausted => "resource_exhausted",
            Self::InitScript => "init_script",
            Self::InstanceFailed => "instance_failed",
            Self::Timeout => "timeout",
            Self::Corrupt => "corrupt",
            Self::Internal => "internal",
        }
    }
}

impl Error {
    /// An error of this kind with a text that names the value it is about.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            remedy: None,
            source: None,
        }
    }

    /// Adds the one thing to try next.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// An error for a failed system call, with the kind that fits the operating system's answer.
    pub fn io(message: impl Into<String>, source: std::io::Error) -> Self {
        let error = Self::new(kind_of_io(&source), message);
        match error.kind {
            ErrorKind::ResourceExhausted => {
                error.with_remedy("free disk space or memory, then repeat it")
            }
            _ => error,
        }
        .with_source(source)
    }

    /// The bug report kind: an invariant of pgs itself does not hold.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// What a caller can act on.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The one thing to try next, where there is one.
    pub fn remedy(&self) -> Option<&str> {
        self.remedy.as_deref()
    }

    /// The text with the texts of all causes behind it, on one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.message.clone();
        let mut cause = error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

fn kind_of_io(error: &std::io::Error) -> ErrorKind {
    use std::io::ErrorKind as Io;
    match error.kind() {
        Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::PermissionDenied,
        Io::StorageFull | Io::QuotaExceeded | Io::OutOfMemory => ErrorKind::ResourceExhausted,
        _ => ErrorKind::Internal,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.chain())?;
        match &self.remedy {
            Some(remedy) => write!(f, " (remedy: {remedy})"),
            None => Ok(()),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_missing_rights() {
        let full = Error::io("write a file", std::io::ErrorKind::StorageFull.into());
        let denied = Error::io("write a file", std::io::ErrorKind::PermissionDenied.into());
        assert_eq!(full.kind(), ErrorKind::ResourceExhausted);
        assert_eq!(denied.kind(), ErrorKind::PermissionDenied);
    }

    #[test]
    fn the_chain_names_every_cause_once() {
        let inner = Error::internal("inner");
        let outer = Error::internal("outer").with_source(inner);
        assert_eq!(outer.chain(), "outer: inner");
        assert_eq!(outer.to_string(), "outer");
    }
}
