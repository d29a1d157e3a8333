//! Bulk in one direction, by a client that neither formats nor stores, so that it is not what limits.

use std::io;
use std::time::Instant;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Client, is_ready, message, said};
use crate::target::Target;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Rows of 1,000 characters
    #[arg(long)]
    rows: u64,
    direction: Direction,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Direction {
    /// From the server
    Out,
    /// To the server, which reads every row and keeps none
    In,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        // On a thread of the runtime, where waiting for a socket takes no other thread's help.
        let (bytes, seconds) = tokio::spawn(self.measure()).await??;
        println!(
            "{}",
            serde_json::json!({ "bytes": bytes, "seconds": seconds })
        );
        Ok(())
    }

    async fn measure(self) -> Result<(u64, f64)> {
        let mut client = Client::connect(&self.target).await.context("no session")?;
        if matches!(self.direction, Direction::In) {
            client.ask(SINK).await.context("no table")?;
        }
        let began = Instant::now();
        let bytes = match self.direction {
            Direction::Out => download(&mut client, self.rows).await,
            Direction::In => upload(&mut client, self.rows).await,
        };
        let bytes = bytes.context("the copy broke off")?;
        let seconds = began.elapsed().as_secs_f64();
        client.quit().await.context("no goodbye")?;
        Ok((bytes, seconds))
    }
}

/// The payload's bytes, from the question to the end of the answer.
async fn download(client: &mut Client, rows: u64) -> io::Result<u64> {
    // Made row by row: as a table function, the server would first write all of them to a file.
    let sql = format!(
        "copy (select repeat('x', {WIDTH}) from (select generate_series(1, {rows})) as numbers) to stdout"
    );
    let question = message(b'Q', &[sql.as_bytes(), b"\0"].concat());
    client.wire().write_all(&question).await?;
    let (mut buffer, mut tail, mut received) = (vec![0; BLOCK], Vec::new(), 0);
    while !is_ready(&tail) {
        let count = client.wire().read(&mut buffer).await?;
        let news = buffer.get(..count).unwrap_or_default();
        if news.is_empty() {
            return Err(said("closed after", &tail));
        }
        received += count as u64;
        keep_end(&mut tail, news);
    }
    complete(&tail, rows)?;
    // All but what surrounds the rows is rows, each in a message of its own.
    let payload = rows * (WIDTH as u64 + 1);
    if received < payload + rows * HEADER {
        return Err(said("too few bytes before", &tail));
    }
    Ok(payload)
}

async fn upload(client: &mut Client, rows: u64) -> io::Result<u64> {
    client
        .ask("copy pg_temp.sink from stdin where false")
        .await?;
    let full = messages(ROWS_IN_BLOCK);
    for _ in 0..rows / ROWS_IN_BLOCK {
        client.wire().write_all(&full).await?;
    }
    client
        .wire()
        .write_all(&messages(rows % ROWS_IN_BLOCK))
        .await?;
    client.wire().write_all(&message(b'c', b"")).await?;
    let answer = client.answer().await?;
    // None of them was kept.
    complete(&answer, 0)?;
    Ok(rows * (WIDTH as u64 + 1))
}

/// Fails unless the server says that it copied this many rows.
fn complete(answer: &[u8], rows: u64) -> io::Result<()> {
    let done = message(b'C', format!("COPY {rows}\0").as_bytes());
    let end = answer.len().saturating_sub(READY);
    if answer.get(..end).is_some_and(|head| head.ends_with(&done)) {
        Ok(())
    } else {
        Err(said("not all was copied:", answer))
    }
}

/// So many rows, a few in each message, as psql sends them.
fn messages(rows: u64) -> Vec<u8> {
    let row = [&[b'x'; WIDTH][..], b"\n"].concat();
    let numbers: Vec<_> = (0..rows).collect();
    let few = numbers.chunks(ROWS_IN_MESSAGE);
    few.flat_map(|few| message(b'd', &row.repeat(few.len())))
        .collect()
}

/// Keeps the last of what came, which is enough to know how it ended.
fn keep_end(tail: &mut Vec<u8>, news: &[u8]) {
    tail.extend(news.get(news.len().saturating_sub(END)..).unwrap_or(news));
    tail.drain(..tail.len().saturating_sub(END));
}

const SINK: &str = "create temporary table sink (line text)";
const WIDTH: usize = 1_000;
/// psql sends its lines in pieces of up to 8 KiB.
const ROWS_IN_MESSAGE: usize = 8;
const ROWS_IN_BLOCK: u64 = 256;
const BLOCK: usize = 256 * 1024;
/// Of a message: its kind and its length.
const HEADER: u64 = 5;
/// The length of `ReadyForQuery`.
const READY: usize = 6;
const END: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_known_however_it_was_cut() {
        let answer = [
            message(b'd', b"xxx\n"),
            message(b'C', b"COPY 1\0"),
            message(b'Z', b"I"),
        ]
        .concat();
        for cut in 0..answer.len() {
            let (one, other) = answer.split_at(cut);
            let mut tail = Vec::new();
            keep_end(&mut tail, one);
            assert!(!is_ready(&tail));
            keep_end(&mut tail, other);
            assert!(is_ready(&tail));
            complete(&tail, 1).unwrap();
        }
    }

    #[test]
    fn another_number_of_rows_is_not_all() {
        let answer = [message(b'C', b"COPY 11\0"), message(b'Z', b"I")].concat();
        assert!(complete(&answer, 1).is_err());
    }

    #[test]
    fn every_row_is_sent() {
        let sent = messages(20);
        assert_eq!(sent.iter().filter(|byte| **byte == b'\n').count(), 20);
        assert_eq!(sent.len(), 20 * (WIDTH + 1) + 3 * 5);
    }
}
