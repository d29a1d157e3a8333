use std::fmt::Write;
use std::pin::pin;

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, TryStreamExt};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio_postgres::Client;

use crate::house::{Counts, House};

/// Copies rows into a table and out again, over and over; they must be the same.
pub(crate) async fn copy_until(house: House, number: u64) -> Result<Counts> {
    let (client, connection) = house.enter().await.context("no session to copy in")?;
    tokio::spawn(connection);
    let table = "CREATE TEMPORARY TABLE copied (number int, words text)";
    client.batch_execute(table).await?;
    let rows = rows(number);
    let mut copies = 0;
    while house.is_open() {
        copy(&client, &rows).await.context("in a copy")?;
        copies += 1;
    }
    let bytes = copies * 2 * rows.len() as u64;
    Ok(vec![("copies", copies), ("copied_bytes", bytes)])
}

async fn copy(client: &Client, rows: &[u8]) -> Result<()> {
    let sink = client.copy_in("COPY copied FROM STDIN").await?;
    let mut sink = pin!(sink);
    for portion in rows.chunks(PORTION) {
        sink.send(bytes::Bytes::copy_from_slice(portion)).await?;
    }
    sink.finish().await?;
    let out = "COPY (SELECT * FROM copied ORDER BY number) TO STDOUT";
    let mut out = pin!(client.copy_out(out).await?);
    let mut rest = rows;
    while let Some(portion) = out.try_next().await? {
        let next = rest.strip_prefix(&portion[..]);
        rest = next.context("what comes out is not what went in")?;
    }
    ensure!(rest.is_empty(), "{} bytes did not come out", rest.len());
    client.batch_execute("TRUNCATE copied").await?;
    Ok(())
}

fn rows(seed: u64) -> Vec<u8> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut rows = String::new();
    for number in 0..ROWS {
        // Writing to a string does not fail.
        let _ = writeln!(rows, "{number}\t{:0200x}", random.random::<u128>());
    }
    rows.into_bytes()
}

const ROWS: u32 = 10_000;
const PORTION: usize = 50_000;
