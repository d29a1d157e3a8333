use pgs::ErrorKind;
use std::process::ExitCode;

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
