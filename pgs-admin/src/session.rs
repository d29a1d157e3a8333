use crate::failure;
use futures_util::TryStreamExt;
use pgs_core::{Error, Result};
use std::{future::Future, pin::pin, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinHandle,
    time::timeout,
};
use tokio_postgres::{
    Client, Connection, Row, SimpleQueryMessage,
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

    /// Runs somebody else's statements and answers the server's own error, with how many had been done before it.
    pub(crate) async fn run_foreign(&self, sql: &str) -> Result<(), Broken> {
        let mut done = 0;
        match timeout(self.patience, count_done(&self.client, sql, &mut done)).await {
            Ok(answer) => answer.map_err(|error| Broken::Refused { error, done }),
            Err(_) => Err(Broken::Late(self.give_up("the script"))),
        }
    }

    /// Waits until the server has been told that the session is over.
    pub(crate) async fn close(mut self) {
        drop(self.client);
        if timeout(FAREWELL, &mut self.driver).await.is_err() {
            self.driver.abort();
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

async fn count_done(
    client: &Client,
    sql: &str,
    done: &mut usize,
) -> Result<(), tokio_postgres::Error> {
    let mut answers = pin!(client.simple_query_raw(sql).await?);
    while let Some(answer) = answers.try_next().await? {
        if let SimpleQueryMessage::CommandComplete(_) = answer {
            *done += 1;
        }
    }
    Ok(())
}

/// Why somebody else's statements came to nothing.
#[derive(Debug)]
pub(crate) enum Broken {
    Refused {
        error: tokio_postgres::Error,
        done: usize,
    },
    Late(Error),
}

const FAREWELL: Duration = Duration::from_secs(2);
