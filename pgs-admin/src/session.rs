use crate::failure;
use pgs_core::{Error, Result};
use std::{future::Future, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinHandle,
    time::timeout,
};
use tokio_postgres::{
    Client, Connection, Row,
    tls::NoTlsStream,
    types::{ToSql, Type},
};

/// An open session. Every statement has a deadline.
#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
    driver: JoinHandle<()>,
    patience: Duration,
}

impl Session {
    pub(crate) fn new<S>(
        client: Client,
        connection: Connection<S, NoTlsStream>,
        patience: Duration,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a session of the manager broke");
            }
        });
        Self {
            client,
            driver,
            patience,
        }
    }

    /// Runs statements without parameters, as one transaction unless they say otherwise.
    pub(crate) async fn run(&self, what: &str, sql: &str) -> Result<()> {
        self.patiently(what, self.client.batch_execute(sql)).await
    }

    /// The one row of a query whose parameters are all text.
    pub(crate) async fn row(&self, what: &str, sql: &str, parameters: &[&str]) -> Result<Row> {
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> = parameters
            .iter()
            .map(|text| (text as &(dyn ToSql + Sync), Type::TEXT))
            .collect();
        let rows = self.client.query_typed(sql, &parameters);
        let mut rows = self.patiently(what, rows).await?;
        rows.pop()
            .ok_or_else(|| Error::internal(format!("{what}: the server answered no row")))
    }

    /// Runs somebody else's statements and answers the server's own error.
    pub(crate) async fn run_foreign(&self, sql: &str) -> Result<(), Broken> {
        match timeout(self.patience, self.client.simple_query(sql)).await {
            Ok(answer) => answer.map(drop).map_err(Broken::Refused),
            Err(_) => Err(Broken::Late(self.give_up("the script"))),
        }
    }

    /// Waits until the server has been told that the session is over.
    pub(crate) async fn close(self) {
        drop(self.client);
        if timeout(FAREWELL, self.driver).await.is_err() {
            tracing::debug!("a session of the manager did not end in time");
        }
    }

    async fn patiently<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        match timeout(self.patience, work).await {
            Ok(answer) => answer.map_err(|error| failure::failed(what, error)),
            Err(_) => Err(self.give_up(what)),
        }
    }

    fn give_up(&self, what: &str) -> Error {
        self.driver.abort();
        failure::too_late(what, self.patience)
    }
}

/// Why somebody else's statements came to nothing.
#[derive(Debug)]
pub(crate) enum Broken {
    Refused(tokio_postgres::Error),
    Late(Error),
}

const FAREWELL: Duration = Duration::from_secs(2);
