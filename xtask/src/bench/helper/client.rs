//! The least a client can say.

use std::io;
use std::pin::Pin;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::target::{Target, Wire};

/// A session that is ready for a query.
pub(crate) struct Client {
    wire: Pin<Box<dyn Wire>>,
}

impl Client {
    pub(crate) async fn connect(target: &Target) -> io::Result<Self> {
        let mut client = Self {
            wire: target.dial().await?,
        };
        client.wire.write_all(STARTUP).await?;
        client.ready().await?;
        Ok(client)
    }

    pub(crate) async fn query(&mut self) -> io::Result<()> {
        self.wire.write_all(QUERY).await?;
        self.ready().await
    }

    /// Over once the other side has closed too.
    pub(crate) async fn quit(mut self) -> io::Result<()> {
        self.wire.write_all(TERMINATE).await?;
        self.wire.read(&mut [0; 64]).await.map(drop)
    }

    /// Reads to the end of an answer. Only one question is on its way at a time, so the end is the last thing to come.
    async fn ready(&mut self) -> io::Result<()> {
        let mut answer = Vec::with_capacity(1024);
        loop {
            if self.wire.read_buf(&mut answer).await? == 0 {
                let text = String::from_utf8_lossy(&answer).replace('\0', " ");
                return Err(io::Error::other(format!("closed after `{text}`")));
            }
            if answer
                .last_chunk()
                .is_some_and(|[head @ .., _]: &[u8; 6]| head == READY)
            {
                return Ok(());
            }
        }
    }
}

/// Protocol 3.0, user and database bench, the rest as psql has it.
const STARTUP: &[u8] =
    b"\0\0\0\x4f\0\x03\0\0user\0bench\0database\0bench\0application_name\0bench\0\
client_encoding\0UTF8\0\0";
const QUERY: &[u8] = b"Q\0\0\0\x0dselect 1\0";
const TERMINATE: &[u8] = b"X\0\0\0\x04";
const READY: &[u8] = b"Z\0\0\0\x05";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_messages_say_their_own_lengths() {
        assert_eq!(usize::from(STARTUP[3]), STARTUP.len());
        assert_eq!(usize::from(QUERY[4]), QUERY.len() - 1);
    }
}
