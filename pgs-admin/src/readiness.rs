use crate::login::LoginError;
use pgs_core::{Error, ErrorKind, Result};
use std::io;
use tokio_postgres::error::SqlState;

/// How far a server is with its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// It answered an authenticated query.
    Ready,
    /// Nothing listens yet.
    Silent,
    /// It says itself that it is still starting up, recovering or shutting down (SQLSTATE 57P03).
    Starting,
}

impl Readiness {
    /// What this failed login tells, or the error, when waiting would be in vain.
    pub(crate) fn after(error: LoginError) -> Result<Self> {
        match error {
            LoginError::Unreachable(error) => Self::after_io(error),
            LoginError::Refused(error) if error.code() == Some(&SqlState::CANNOT_CONNECT_NOW) => {
                Ok(Self::Starting)
            }
            // The postmaster went away, or its child did, in the middle of the handshake.
            LoginError::Refused(error) if error.code().is_none() => Ok(Self::Silent),
            LoginError::Refused(error) => Err(crate::failure::failed("logging in", error)),
            LoginError::Late => Ok(Self::Silent),
        }
    }

    fn after_io(error: io::Error) -> Result<Self> {
        match error.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::WouldBlock
            | io::ErrorKind::TimedOut => Ok(Self::Silent),
            _ => Err(
                Error::new(ErrorKind::InstanceFailed, "cannot connect to the server")
                    .with_source(error),
            ),
        }
    }
}
