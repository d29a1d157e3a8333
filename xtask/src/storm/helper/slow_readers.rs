use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_postgres::{Client, Config, NoTls};

use crate::crowd::Crowd;
use crate::until_told::until_told;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    target: SocketAddr,
    #[arg(long)]
    tenant: String,
    #[arg(long)]
    password: String,
    #[arg(long)]
    sessions: usize,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let crowd = Crowd::of(["asked and not read"]);
        let mut sessions = Vec::with_capacity(self.sessions);
        for number in 0..self.sessions {
            let session = self.stall().await;
            sessions.push(session.with_context(|| format!("no session after {number}"))?);
            crowd.count("asked and not read");
        }
        until_told().await;
        drop(sessions);
        crowd.say();
        Ok(())
    }

    /// A session that asks for a thousand rows of a hundred kilobytes and stops reading.
    async fn stall(&self) -> Result<Arc<Client>> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        let stalled = Arc::new(AtomicBool::new(false));
        let stream = Deaf {
            stream: socket.connect(self.target).await?,
            stalled: Arc::clone(&stalled),
        };
        let mut config = Config::new();
        config.user(&self.tenant).password(&self.password);
        let (client, connection) = config.connect_raw(stream, NoTls).await?;
        stalled.store(true, Relaxed);
        tokio::spawn(connection);
        let client = Arc::new(client);
        let asking = Arc::clone(&client);
        // Never answered, since nobody reads.
        tokio::spawn(async move { asking.batch_execute(MUCH).await });
        Ok(client)
    }
}

const MUCH: &str = "SELECT repeat('x', 100000) FROM generate_series(1, 1000)";

/// A connection that can stop reading.
struct Deaf {
    stream: TcpStream,
    stalled: Arc<AtomicBool>,
}

impl AsyncRead for Deaf {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.stalled.load(Relaxed) {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(cx, space)
    }
}

impl AsyncWrite for Deaf {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
