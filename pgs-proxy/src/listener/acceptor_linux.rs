use super::{Accepted, Listener, PeerAddress};
use rustix::net::{SocketFlags, acceptfrom_with};
use std::{io, net::SocketAddr, os::fd::OwnedFd};
use tokio::io::unix::AsyncFd;

/// Takes connections without making them its own event loop's: each is some other loop's from the beginning.
#[derive(Debug)]
pub(super) struct Acceptor {
    socket: AsyncFd<OwnedFd>,
    is_unix: bool,
}

impl Acceptor {
    pub(super) fn of(listener: Listener) -> io::Result<Self> {
        let (socket, is_unix) = match listener {
            Listener::Tcp(listener) => (listener.into_std()?.into(), false),
            Listener::Unix(listener) => (listener.into_std()?.into(), true),
        };
        Ok(Self {
            socket: register(socket)?,
            is_unix,
        })
    }

    pub(super) async fn accept(&self) -> io::Result<(Accepted, PeerAddress)> {
        loop {
            let mut ready = self.socket.readable().await?;
            let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
            let accepted = ready.try_io(|socket| Ok(acceptfrom_with(socket, flags)?));
            let Ok(accepted) = accepted else { continue };
            let (connection, address) = accepted?;
            if self.is_unix {
                return Ok((Accepted::Unix(connection.into()), PeerAddress::Unix));
            }
            let address = address.ok_or(io::ErrorKind::ConnectionAborted)?;
            let address = PeerAddress::Tcp(SocketAddr::try_from(address)?);
            return Ok((Accepted::Tcp(connection.into()), address));
        }
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for the sake of types that may change their descriptor, which this one never does"
)]
fn register(socket: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(socket)
}
