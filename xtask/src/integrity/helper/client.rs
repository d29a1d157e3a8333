use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::TlsConnector;

use crate::order::Order;
use crate::party::{Plan, Purpose, hear_end};
use crate::server::{self, USER};

/// Where the proxy is, for the clients.
#[derive(Clone)]
pub(crate) enum Door {
    Tcp(std::net::SocketAddr),
    Tls(std::net::SocketAddr, Arc<rustls::ClientConfig>),
    Unix(PathBuf),
}

impl Door {
    pub(crate) async fn visit(self, plan: Plan) -> Result<()> {
        match self {
            Self::Tcp(address) => converse(dial(address).await?, plan).await,
            Self::Unix(path) => converse(UnixStream::connect(path).await?, plan).await,
            Self::Tls(address, config) => {
                let mut stream = dial(address).await?;
                stream.write_all(SSL_REQUEST).await?;
                ensure!(stream.read_u8().await? == b'S', "the proxy speaks no TLS");
                let name = ServerName::try_from("localhost")?;
                let stream = TlsConnector::from(config).connect(name, stream).await?;
                converse(stream, plan).await
            }
        }
    }
}

async fn dial(address: std::net::SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // What is said in crumbs also travels in crumbs.
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, plan: Plan) -> Result<()> {
    log_in(&mut stream, plan.number).await?;
    let (mut source, mut sink) = split(stream);
    let hear = plan.hear((Purpose::ServersSpeech, Purpose::ClientHears), &mut source);
    let order = Order::of(plan.seed(Purpose::Order));
    let speak = async {
        let purposes = (Purpose::ClientsSpeech, Purpose::ClientSpeaks);
        plan.speak(purposes, &mut sink).await?;
        if order == Order::ClientSpoke {
            sink.shutdown().await?;
        }
        anyhow::Ok(())
    };
    tokio::try_join!(hear, speak)?;
    if order == Order::ClientHeard {
        sink.shutdown().await?;
    }
    hear_end(source).await
}

async fn log_in(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), number: u32) -> Result<()> {
    let name = format!("{number}");
    let words = ["user", USER, "application_name", &name, ""].join("\0");
    let body = [b"\0\x03\0\0", words.as_bytes(), b"\0"].concat();
    let size = u32::try_from(body.len() + 4)?;
    stream.write_all(&size.to_be_bytes()).await?;
    stream.write_all(&body).await?;
    stream.flush().await?;
    let expected = server::welcome();
    let mut welcome = vec![0; expected.len()];
    let read = stream.read_exact(&mut welcome).await;
    read.context("no session came about")?;
    ensure!(welcome == expected, "the server's welcome is another");
    Ok(())
}

const SSL_REQUEST: &[u8] = b"\0\0\0\x08\x04\xD2\x16\x2F";
