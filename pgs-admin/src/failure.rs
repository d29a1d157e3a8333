use pgs_core::{Error, ErrorKind};
use std::time::Duration;
use tokio_postgres::error::{DbError, SqlState};

/// The server's words, with the SQLSTATE that manuals are searched for. Never the statement: it may hold a verifier.
pub(crate) fn server_words(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(answer) => format!("{} (SQLSTATE {})", answer.message(), answer.code().code()),
        None => error.to_string(),
    }
}

pub(crate) fn failed(what: &str, error: tokio_postgres::Error) -> Error {
    let text = format!("{what} failed: {}", server_words(&error));
    let failed = Error::new(kind_of(&error), text);
    match error.into_source() {
        Some(source) if source.downcast_ref::<DbError>().is_none() => failed.with_source(source),
        _ => failed,
    }
}

pub(crate) fn too_late(what: &str, deadline: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("{what} took longer than {} s", deadline.as_secs_f32()),
    )
}

fn kind_of(error: &tokio_postgres::Error) -> ErrorKind {
    let Some(code) = error.code() else {
        return ErrorKind::InstanceFailed;
    };
    if *code == SqlState::QUERY_CANCELED || *code == SqlState::LOCK_NOT_AVAILABLE {
        ErrorKind::Timeout
    } else if *code == SqlState::DISK_FULL
        || *code == SqlState::OUT_OF_MEMORY
        || *code == SqlState::TOO_MANY_CONNECTIONS
    {
        ErrorKind::ResourceExhausted
    } else if *code == SqlState::CANNOT_CONNECT_NOW || *code == SqlState::ADMIN_SHUTDOWN {
        ErrorKind::Busy
    } else if *code == SqlState::INVALID_PASSWORD {
        ErrorKind::PermissionDenied
    } else {
        ErrorKind::Internal
    }
}
