use super::{Accepted, PeerAddress};
use std::{io, sync::Arc};
use tokio::net::{TcpListener, UnixListener};

/// A socket that connections are accepted from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Listener {
    /// On an IP address.
    Tcp(TcpListener),
    /// On a path.
    Unix(UnixListener),
}

impl Listener {
    /// The next connection that is still there.
    pub(crate) async fn accept(&self) -> io::Result<(Accepted, PeerAddress)> {
        loop {
            match self.try_accept().await {
                Err(error) if is_the_clients(&error) => {}
                accepted => return accepted,
            }
        }
    }

    /// Its address, as logs and lists name it.
    pub(crate) fn name(&self) -> Arc<str> {
        let name = match self {
            Self::Tcp(listener) => listener.local_addr().map(|address| address.to_string()),
            Self::Unix(listener) => listener.local_addr().map(|address| {
                let path = address.as_pathname();
                path.map_or_else(String::new, |path| path.display().to_string())
            }),
        };
        name.unwrap_or_default().into()
    }

    async fn try_accept(&self) -> io::Result<(Accepted, PeerAddress)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                Ok((Accepted::Tcp(stream.into_std()?), PeerAddress::Tcp(address)))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Accepted::Unix(stream.into_std()?), PeerAddress::Unix))
            }
        }
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self::Unix(listener)
    }
}

/// The connection was gone before it was accepted; the listener is well.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}
