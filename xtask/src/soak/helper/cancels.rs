use std::future::poll_fn;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_postgres::{AsyncMessage, NoTls, error::SqlState};

use crate::house::{Counts, House};

/// Begins statements that would go on for minutes, and cancels each once it runs; it must then end.
pub(crate) async fn cancel_until(house: House) -> Result<Counts> {
    let mut cancelled = 0;
    while house.is_open() {
        let (client, mut connection) = house.enter().await.context("no session to cancel in")?;
        let (begins, mut begun) = mpsc::unbounded_channel();
        let reading = tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if matches!(message, AsyncMessage::Notice(_)) && begins.send(()).is_err() {
                    return;
                }
            }
        });
        for _ in 0..CANCELS_OF_A_SESSION {
            let cancel = async {
                begun.recv().await.context("no statement began")?;
                Ok::<_, anyhow::Error>(client.cancel_token().cancel_query(NoTls).await?)
            };
            let both = async { tokio::join!(client.batch_execute(ENDLESS), cancel) };
            let both = timeout(LIMIT, both).await;
            let (ended, sent) = both.context("a statement was not cancelled")?;
            sent.context("a cancel request failed")?;
            let code = ended.err().and_then(|error| error.code().cloned());
            ensure!(
                code == Some(SqlState::QUERY_CANCELED),
                "a statement ended with {code:?}"
            );
            cancelled += 1;
        }
        drop(client);
        reading.await?;
    }
    Ok(vec![("cancelled", cancelled)])
}

/// Says that it has begun.
const ENDLESS: &str = "DO $$ BEGIN RAISE NOTICE 'begun'; PERFORM pg_sleep(600); END $$";
const CANCELS_OF_A_SESSION: u64 = 10;
const LIMIT: Duration = Duration::from_mins(1);
