use pgs::ErrorKind;
use std::process::{self, Termination};

/// What the command's process ends with: a number that another language can hand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct ExitCode(u8);

impl ExitCode {
    /// It did what it was told to do.
    pub const SUCCESS: Self = Self(0);

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl From<u8> for ExitCode {
    fn from(number: u8) -> Self {
        Self(number)
    }
}

impl Termination for ExitCode {
    fn report(self) -> process::ExitCode {
        process::ExitCode::from(self.0)
    }
}

/// What a shell says of a command that Ctrl-C has ended; for one that cleans up before it ends.
pub(crate) const INTERRUPTED: ExitCode = ExitCode(130);

/// The exit code of each kind of failure. Scripts rely on them: never renumber.
///
/// 0 is success and 2 is a command line that was not understood (from clap).
pub(crate) fn of(kind: ErrorKind) -> ExitCode {
    ExitCode::from(match kind {
        ErrorKind::InvalidInput => 2,
        ErrorKind::NotFound => 3,
        ErrorKind::AlreadyExists => 4,
        ErrorKind::WrongState | ErrorKind::Protected => 5,
        ErrorKind::Busy | ErrorKind::Conflict | ErrorKind::Timeout => 6,
        ErrorKind::MissingDependency | ErrorKind::Unsupported => 7,
        ErrorKind::PermissionDenied => 8,
        ErrorKind::ResourceExhausted => 9,
        ErrorKind::InstanceFailed | ErrorKind::InitScript => 10,
        _ => 1,
    })
}
