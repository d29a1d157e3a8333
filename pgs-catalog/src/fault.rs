use crate::connection::BUSY_TIMEOUT;
use pgs_core::{Error, ErrorKind};
use rusqlite::ErrorCode;
use std::{error, path::Path};

/// Why a transaction came to nothing: `SQLite`'s word, or ours.
#[derive(Debug)]
pub(crate) enum Fault {
    Sqlite(rusqlite::Error),
    Ours(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Ours(error) => error,
            Fault::Sqlite(error) => translated(&error).with_source(error),
        }
    }
}

/// What is stored does not follow its grammar.
pub(crate) fn stored<T, E>(parsed: Result<T, E>) -> Result<T, Fault>
where
    E: error::Error + Send + Sync + 'static,
{
    parsed.map_err(|source| {
        corrupt("the catalogue holds what cannot be read")
            .with_source(source)
            .into()
    })
}

pub(crate) fn corrupt(message: &str) -> Error {
    Error::new(ErrorKind::Corrupt, message)
        .with_remedy("run `pgs reconcile --rebuild` to make it anew from the tenants' storage")
}

pub(crate) fn not_writable() -> Error {
    Error::new(
        ErrorKind::PermissionDenied,
        "the catalogue cannot be opened for writing",
    )
    .with_remedy(OTHER_RIGHTS)
}

/// What the operating system says about a file or directory of the catalogue.
pub(crate) fn io(verb: &str, path: &Path, source: std::io::Error) -> Error {
    let error = Error::io(format!("cannot {verb} `{}`", path.display()), source);
    match error.kind() {
        ErrorKind::PermissionDenied => error.with_remedy(OTHER_RIGHTS),
        _ => error,
    }
}

fn translated(error: &rusqlite::Error) -> Error {
    use rusqlite::Error as Sqlite;
    match error {
        Sqlite::FromSqlConversionFailure(..)
        | Sqlite::IntegralValueOutOfRange(..)
        | Sqlite::InvalidColumnType(..) => corrupt("the catalogue holds what cannot be read"),
        Sqlite::ToSqlConversionFailure(_) => Error::new(
            ErrorKind::InvalidInput,
            "a number is too large for the catalogue",
        ),
        other => of_code(other.sqlite_error_code()),
    }
}

fn of_code(code: Option<ErrorCode>) -> Error {
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => busy(),
        Some(ErrorCode::DiskFull) => full(),
        Some(ErrorCode::OutOfMemory) => Error::new(
            ErrorKind::ResourceExhausted,
            "no memory is left for the catalogue",
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            corrupt("the catalogue is damaged")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            not_writable()
        }
        _ => Error::internal("the catalogue failed"),
    }
}

fn busy() -> Error {
    let seconds = BUSY_TIMEOUT.as_secs();
    Error::new(
        ErrorKind::Busy,
        format!("another process has kept the catalogue to itself for {seconds} seconds"),
    )
    .with_remedy("repeat; if it stays so, end the process that has `catalog.sqlite3` open in a sqlite3 shell")
}

fn full() -> Error {
    Error::new(
        ErrorKind::ResourceExhausted,
        "the disk of the catalogue is full",
    )
    .with_remedy("free some space for the state directory and repeat")
}

const OTHER_RIGHTS: &str =
    "run pgs as the OS user who owns the state directory, or choose another with --state-dir";

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn kind_of(code: i32) -> ErrorKind {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        Error::from(Fault::from(error)).kind()
    }

    #[test]
    fn each_answer_of_sqlite_becomes_what_a_caller_can_act_on() {
        for (code, kind) in [
            (ffi::SQLITE_BUSY, ErrorKind::Busy),
            (ffi::SQLITE_BUSY_SNAPSHOT, ErrorKind::Busy),
            (ffi::SQLITE_FULL, ErrorKind::ResourceExhausted),
            (ffi::SQLITE_NOMEM, ErrorKind::ResourceExhausted),
            (ffi::SQLITE_CORRUPT, ErrorKind::Corrupt),
            (ffi::SQLITE_NOTADB, ErrorKind::Corrupt),
            (ffi::SQLITE_READONLY, ErrorKind::PermissionDenied),
            (ffi::SQLITE_CANTOPEN, ErrorKind::PermissionDenied),
            (ffi::SQLITE_PERM, ErrorKind::PermissionDenied),
            (ffi::SQLITE_IOERR, ErrorKind::Internal),
        ] {
            assert_eq!(kind_of(code), kind, "code {code}");
        }
    }

    #[test]
    fn damage_comes_with_its_remedy() {
        let error = Error::from(stored::<u8, _>("x".parse()).unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.remedy().unwrap().contains("pgs reconcile --rebuild"));
    }
}
