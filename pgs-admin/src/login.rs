use crate::{Deadlines, failure, session::Session};
use pgs_core::{Endpoint, Error, ErrorKind, Password, Result};
use std::{fmt, future::Future, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time::timeout,
};
use tokio_postgres::{Config, NoTls};

/// Who logs in where, and how long that may take.
pub(crate) struct Login<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) user: &'a str,
    pub(crate) secret: &'a Password,
    pub(crate) database: &'a str,
    pub(crate) deadlines: Deadlines,
    pub(crate) manners: Manners,
}

/// What a session is for, and so which settings it must not take from the tenant's database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manners {
    /// The manager's own statements: nothing of them is logged, and no object of the tenant's is found by its bare name.
    Own,
    /// A script: as long as it takes, with the tenant's names.
    Script,
}

impl Login<'_> {
    pub(crate) async fn open(&self) -> Result<Session> {
        match self.attempt().await {
            Ok(session) => Ok(session),
            Err(LoginError::Unreachable(error)) => Err(unreachable(self.endpoint, error)),
            Err(LoginError::Refused(error)) => Err(failure::failed("logging in", error)),
            Err(LoginError::Late) => Err(failure::too_late("logging in", self.deadlines.connect)),
        }
    }

    pub(crate) async fn attempt(&self) -> Result<Session, LoginError> {
        timeout(self.deadlines.connect, self.connect())
            .await
            .unwrap_or(Err(LoginError::Late))
    }

    async fn connect(&self) -> Result<Session, LoginError> {
        match self.endpoint {
            Endpoint::Unix(path) => {
                self.over(async { UnixStream::from_std(pgs_dial::dial(path)?) })
                    .await
            }
            Endpoint::Tcp(address) => self.over(TcpStream::connect(address)).await,
            other => Err(LoginError::Unreachable(std::io::Error::other(format!(
                "{other} is no place this version can connect to"
            )))),
        }
    }

    async fn over<S>(
        &self,
        stream: impl Future<Output = std::io::Result<S>>,
    ) -> Result<Session, LoginError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let stream = stream.await.map_err(LoginError::Unreachable)?;
        let (client, connection) = self
            .config()
            .connect_raw(stream, NoTls)
            .await
            .map_err(LoginError::Refused)?;
        Ok(Session::new(client, connection, self.patience()))
    }

    fn config(&self) -> Config {
        let mut config = Config::new();
        config
            .user(self.user)
            .password(self.secret.reveal())
            .dbname(self.database)
            .application_name("pgs")
            .options(self.options());
        config
    }

    fn options(&self) -> String {
        match self.manners {
            Manners::Script => format!("{UNHURRIED} -c statement_timeout=0 -c lock_timeout=0"),
            Manners::Own => {
                let millis = self.deadlines.statement.as_millis();
                format!(
                    "{UNHURRIED} {UNSEEN} {UNFOOLED} -c statement_timeout={millis} -c lock_timeout={millis}"
                )
            }
        }
    }

    /// A little longer than the server's own timeout, so that its answer is heard.
    fn patience(&self) -> Duration {
        match self.manners {
            Manners::Own => self.deadlines.statement + Duration::from_secs(5),
            Manners::Script => self.deadlines.script,
        }
    }
}

fn unreachable(endpoint: &Endpoint, source: std::io::Error) -> Error {
    Error::new(
        ErrorKind::InstanceFailed,
        format!("no server can be reached at {endpoint}"),
    )
    .with_source(source)
}

/// Why a login came to nothing.
#[derive(Debug)]
pub(crate) enum LoginError {
    /// Nothing listens there.
    Unreachable(std::io::Error),
    /// The server answered, and not with a session.
    Refused(tokio_postgres::Error),
    /// The server did not answer in time.
    Late,
}

impl fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("endpoint", self.endpoint)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// A tenant may set these for its database, and they would otherwise hold for the manager too.
const UNHURRIED: &str = "-c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0 \
     -c default_transaction_read_only=off -c default_transaction_deferrable=off";
/// Not even a verifier is written to a log or to the statistics of an extension.
const UNSEEN: &str = "-c log_statement=none -c log_min_duration_statement=-1 -c log_duration=off \
     -c log_min_duration_sample=-1 -c log_transaction_sample_rate=0 -c log_min_error_statement=panic \
     -c pg_stat_statements.track=none";
/// Objects of a tenant's must not stand in for the server's own (CVE-2018-1058).
const UNFOOLED: &str = "-c search_path=pg_catalog,pg_temp -c role=none -c synchronous_commit=on -c standard_conforming_strings=on";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Readiness;
    use std::os::unix::{fs::symlink, net::UnixListener};

    #[tokio::test]
    async fn a_link_in_the_sockets_place_is_not_followed_and_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let (theirs, planted) = (
            directory.path().join("engine.sock"),
            directory.path().join(".s.PGSQL.5432"),
        );
        let listener = UnixListener::bind(&theirs).unwrap();
        listener.set_nonblocking(true).unwrap();
        symlink(&theirs, &planted).unwrap();
        let secret = "secret".parse().unwrap();
        let login = Login {
            endpoint: &Endpoint::Unix(planted),
            user: "postgres",
            secret: &secret,
            database: "postgres",
            deadlines: Deadlines::default(),
            manners: Manners::Own,
        };
        let error = login.open().await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InstanceFailed);
        assert!(error.chain().contains("symbolic link"), "{error:?}");
        let attempt = login.attempt().await.err().unwrap();
        assert!(Readiness::after(attempt).is_err());
        let heard = listener.accept().unwrap_err();
        assert_eq!(heard.kind(), std::io::ErrorKind::WouldBlock);
    }
}
