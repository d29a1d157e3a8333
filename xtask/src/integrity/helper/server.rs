use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, UnixListener};
use tokio::task::JoinSet;

use crate::order::Order;
use crate::party::{Plan, Purpose, hear_end};

/// A server that lets everybody in and then speaks no protocol: what comes and goes is random.
pub(crate) enum Server {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Server {
    pub(crate) async fn tcp() -> Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok((Self::Tcp(listener), address))
    }

    pub(crate) fn unix(path: &PathBuf) -> Result<Self> {
        Ok(Self::Unix(UnixListener::bind(path)?))
    }

    /// Serves so many sessions to their ends.
    pub(crate) async fn serve(self, plan: Plan, sessions: u32) -> Result<()> {
        let mut all = JoinSet::new();
        for _ in 0..sessions {
            match &self {
                Self::Tcp(listener) => {
                    let stream = listener.accept().await?.0;
                    stream.set_nodelay(true)?;
                    all.spawn(converse(stream, plan));
                }
                Self::Unix(listener) => drop(all.spawn(converse(listener.accept().await?.0, plan))),
            }
        }
        while let Some(done) = all.join_next().await {
            done?.context("at a server")?;
        }
        Ok(())
    }
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, plan: Plan) -> Result<()> {
    let number = let_in(&mut stream).await?;
    let plan = Plan { number, ..plan };
    let (mut source, mut sink) = split(stream);
    let speak = plan.speak((Purpose::ServersSpeech, Purpose::ServerSpeaks), &mut sink);
    let hear = async {
        let purposes = (Purpose::ClientsSpeech, Purpose::ServerHears);
        plan.hear(purposes, &mut source).await?;
        if Order::of(plan.seed(Purpose::Order)) != Order::Server {
            hear_end(&mut source).await?;
        }
        anyhow::Ok(())
    };
    let met = tokio::try_join!(speak, hear);
    met.with_context(|| format!("in session {number}"))?;
    Ok(sink.shutdown().await?)
}

/// The session's number, which the client sends as its application name.
async fn let_in(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<u32> {
    let size = stream.read_u32().await?;
    let size = (size as usize).checked_sub(4).context("no packet")?;
    let mut packet = vec![0; size];
    stream.read_exact(&mut packet).await?;
    let text = String::from_utf8(packet)?;
    let mut words = text
        .split('\0')
        .skip_while(|word| *word != "application_name");
    let number = words.nth(1).and_then(|number| number.parse().ok());
    stream.write_all(&welcome()).await?;
    number.context("the startup packet is another than the client's")
}

/// `AuthenticationOk` and `ReadyForQuery`.
pub(crate) fn welcome() -> Vec<u8> {
    [&b"R\0\0\0\x08\0\0\0\0"[..], b"Z\0\0\0\x05I"].concat()
}

pub(crate) const USER: &str = "integrity";
