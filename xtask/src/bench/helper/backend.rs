//! A server so cheap that what is measured in front of it is the proxy: no fork, no catalogue, no password.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, UnixListener};

use crate::client::message;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    tcp: SocketAddr,
    #[arg(long)]
    unix: PathBuf,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let tcp = TcpSocket::new_v4()?;
        tcp.set_reuseaddr(true)?;
        tcp.bind(self.tcp)?;
        let tcp = tcp.listen(4096)?;
        let unix = UnixListener::bind(&self.unix)?;
        loop {
            tokio::select! {
                accepted = tcp.accept() => {
                    let (stream, _) = accepted?;
                    stream.set_nodelay(true)?;
                    tokio::spawn(serve(stream));
                }
                accepted = unix.accept() => {
                    tokio::spawn(serve(accepted?.0));
                }
            }
        }
    }
}

/// A client that breaks off is its own business.
async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let size = stream.read_u32().await?;
    skip(&mut stream, size).await?;
    stream.write_all(&welcome()).await?;
    loop {
        let kind = stream.read_u8().await?;
        let size = stream.read_u32().await?;
        skip(&mut stream, size).await?;
        match kind {
            b'Q' => stream.write_all(&row()).await?,
            b'X' => return Ok(()),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

async fn skip(stream: &mut (impl AsyncRead + Unpin), size: u32) -> io::Result<()> {
    let mut rest = [0; 1024];
    let rest = (size as usize)
        .checked_sub(4)
        .and_then(|size| rest.get_mut(..size))
        .ok_or(io::ErrorKind::InvalidData)?;
    stream.read_exact(rest).await.map(drop)
}

fn welcome() -> Vec<u8> {
    let mut bytes = message(b'R', &[0; 4]);
    for (name, value) in PARAMETERS {
        bytes.extend(message(b'S', format!("{name}\0{value}\0").as_bytes()));
    }
    bytes.extend(message(b'K', &[0, 0, 0, 1, 0, 0, 0, 2]));
    bytes.extend(READY);
    bytes
}

fn row() -> Vec<u8> {
    let mut bytes = message(
        b'T',
        b"\0\x01?column?\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0",
    );
    bytes.extend(message(b'D', b"\0\x01\0\0\0\x011"));
    bytes.extend(message(b'C', b"SELECT 1\0"));
    bytes.extend(READY);
    bytes
}

const READY: &[u8] = b"Z\0\0\0\x05I";
const PARAMETERS: [(&str, &str); 6] = [
    ("application_name", "bench"),
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, MDY"),
    ("server_version", "18.6"),
    ("standard_conforming_strings", "on"),
    ("TimeZone", "UTC"),
];
