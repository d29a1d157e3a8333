use super::{Accepted, Listener, PeerAddress};
use std::io;

/// Takes connections as Tokio does, and out of its event loop again.
#[derive(Debug)]
pub(super) struct Acceptor(Listener);

impl Acceptor {
    #[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
    pub(super) fn of(listener: Listener) -> io::Result<Self> {
        Ok(Self(listener))
    }

    pub(super) async fn accept(&self) -> io::Result<(Accepted, PeerAddress)> {
        match &self.0 {
            Listener::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                let stream = stream.into_std()?;
                Ok((Accepted::Tcp(stream), PeerAddress::Tcp(address)))
            }
            Listener::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Accepted::Unix(stream.into_std()?), PeerAddress::Unix))
            }
        }
    }
}
