//! The least a client can say.

use std::io;
use std::pin::Pin;

use postgres_protocol::authentication::sasl::{ChannelBinding, ScramSha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::target::{Target, Wire};

/// A session that is ready for a query.
pub(crate) struct Client {
    wire: Pin<Box<dyn Wire>>,
}

impl Client {
    /// The password is for servers that ask for it.
    pub(crate) async fn connect(target: &Target) -> io::Result<Self> {
        let mut client = Self {
            wire: target.dial().await?,
        };
        client.wire.write_all(STARTUP).await?;
        let answer = client.answer().await?;
        if !is_ready(&answer) {
            client.log_in().await?;
        }
        Ok(client)
    }

    pub(crate) async fn query(&mut self) -> io::Result<()> {
        self.wire.write_all(QUERY).await?;
        self.answer().await.map(drop)
    }

    /// Over once the other side has closed too.
    pub(crate) async fn quit(mut self) -> io::Result<()> {
        self.wire.write_all(TERMINATE).await?;
        self.wire.read(&mut [0; 64]).await.map(drop)
    }

    /// What is sent and read after the login, by whoever knows how.
    pub(crate) fn wire(&mut self) -> &mut Pin<Box<dyn Wire>> {
        &mut self.wire
    }

    /// Asks, and reads until the server waits for the client.
    pub(crate) async fn ask(&mut self, sql: &str) -> io::Result<Vec<u8>> {
        self.wire.write_all(&query(sql)).await?;
        self.answer().await
    }

    async fn log_in(&mut self) -> io::Result<()> {
        let mut scram = ScramSha256::new(PASSWORD, ChannelBinding::unsupported());
        let first = scram.message();
        let size = u32::try_from(first.len()).map_err(io::Error::other)?;
        let initial = [MECHANISM, &size.to_be_bytes(), first].concat();
        self.wire.write_all(&message(b'p', &initial)).await?;
        let challenge = self.answer().await?;
        scram.update(challenge.get(AUTHENTICATION..).unwrap_or_default())?;
        self.wire.write_all(&message(b'p', scram.message())).await?;
        self.answer().await.map(drop)
    }

    /// Reads until it is the client's turn. Only one question is on its way at a time, so that is the last thing to come.
    pub(crate) async fn answer(&mut self) -> io::Result<Vec<u8>> {
        let mut answer = Vec::with_capacity(1024);
        loop {
            if self.wire.read_buf(&mut answer).await? == 0 {
                return Err(said("closed after", &answer));
            }
            if is_ready(&answer) || waits(&answer) {
                return Ok(answer);
            }
        }
    }
}

/// An error that quotes the other side.
pub(crate) fn said(what: &str, answer: &[u8]) -> io::Error {
    let text = String::from_utf8_lossy(answer).replace('\0', " ");
    io::Error::other(format!("{what} `{text}`"))
}

pub(crate) fn is_ready(answer: &[u8]) -> bool {
    answer
        .last_chunk()
        .is_some_and(|[head @ .., _]: &[u8; 6]| head == READY)
}

/// Whether the server waits for a password's proof, or for data to copy.
fn waits(answer: &[u8]) -> bool {
    let Some(([kind, size @ ..], body)) = answer.split_first_chunk::<5>() else {
        return false;
    };
    let is_whole = u32::from_be_bytes(*size) as usize == body.len() + size.len();
    let asks = ASKING.iter().any(|code| body.starts_with(code));
    is_whole && (*kind == b'G' || (*kind == b'R' && asks))
}

fn query(sql: &str) -> Vec<u8> {
    message(b'Q', &[sql.as_bytes(), b"\0"].concat())
}

pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 4).unwrap_or(u32::MAX);
    let mut bytes = vec![kind];
    bytes.extend(size.to_be_bytes());
    bytes.extend(body);
    bytes
}

/// Protocol 3.0, user and database bench, the rest as psql has it.
const STARTUP: &[u8] =
    b"\0\0\0\x4f\0\x03\0\0user\0bench\0database\0bench\0application_name\0bench\0\
client_encoding\0UTF8\0\0";
/// Of every server that the benchmark makes.
const PASSWORD: &[u8] = b"bench-only";
/// The messages about authentication that a client has to answer: `AuthenticationSASL`, `AuthenticationSASLContinue`.
const ASKING: [[u8; 4]; 2] = [[0, 0, 0, 10], [0, 0, 0, 11]];
const MECHANISM: &[u8] = b"SCRAM-SHA-256\0";
/// What comes before the server's own words in a message about authentication.
const AUTHENTICATION: usize = 9;
const QUERY: &[u8] = b"Q\0\0\0\x0dselect 1\0";
const TERMINATE: &[u8] = b"X\0\0\0\x04";
const READY: &[u8] = b"Z\0\0\0\x05";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_say_their_own_lengths() {
        assert_eq!(usize::from(STARTUP[3]), STARTUP.len());
        assert_eq!(QUERY, query("select 1"));
    }

    #[test]
    fn a_server_waits_for_a_proof_and_for_data_but_not_after_it_is_satisfied() {
        assert!(waits(&message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0")));
        assert!(waits(&message(b'G', b"\0\0\0")));
        assert!(!waits(&message(b'R', b"\0\0\0\x0cv=proof")));
        assert!(!waits(&message(b'R', &[0; 4])));
        assert!(!waits(b"R\0\0\0\x17\0\0\0\x0aSCRAM"));
    }
}
