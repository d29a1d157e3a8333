use super::PeerAddress;
use crate::stream::Stream;
use std::{io, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, UnixListener},
    time::sleep,
};

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
    /// The next connection, however long the listener refuses to give one.
    pub(crate) async fn accept(&self) -> (Stream, PeerAddress) {
        let mut silenced = false;
        loop {
            match self.try_accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    if !std::mem::replace(&mut silenced, true) {
                        tracing::error!(%error, "no connection can be accepted");
                    }
                    sleep(OUT_OF_DESCRIPTORS).await;
                }
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

    async fn try_accept(&self) -> io::Result<(Stream, PeerAddress)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                Ok((Stream::Tcp(stream), PeerAddress::Tcp(address)))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), PeerAddress::Unix))
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

/// Only another connection's end helps, so asking at once again would only burn the processor.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(75);
