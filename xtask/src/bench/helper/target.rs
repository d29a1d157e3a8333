//! Where a client connects to.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use crate::tls::{self, Tls};

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Target {
    #[command(flatten)]
    place: Place,
    /// Encrypt, and believe any certificate
    #[arg(long)]
    tls: Option<Tls>,
}

#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Place {
    #[arg(long)]
    tcp: Option<SocketAddr>,
    #[arg(long)]
    unix: Option<PathBuf>,
}

pub(crate) trait Wire: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Wire for T {}

impl Target {
    pub(crate) async fn dial(&self) -> io::Result<Pin<Box<dyn Wire>>> {
        let wire = self.place.dial().await?;
        match self.tls {
            Some(how) => tls::encrypt(how, wire).await,
            None => Ok(wire),
        }
    }
}

impl Place {
    async fn dial(&self) -> io::Result<Pin<Box<dyn Wire>>> {
        if let Some(address) = self.tcp {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            return Ok(Box::pin(stream));
        }
        let path = self.unix.as_ref().ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Box::pin(UnixStream::connect(path).await?))
    }
}
