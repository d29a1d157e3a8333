use super::{Accepted, Listener, PeerAddress};
use crate::socket;
use rustix::{
    io::Errno,
    net::{SocketFlags, acceptfrom_with},
};
use std::{
    io,
    net::SocketAddr,
    os::fd::OwnedFd,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};
use tokio::io::{Interest, unix::AsyncFd};

/// Takes connections without making them its own event loop's: each is some other loop's from the beginning.
#[derive(Debug)]
pub(super) struct Acceptor {
    socket: AsyncFd<OwnedFd>,
    is_unix: bool,
    /// Until the queue was empty once: what is in it may have come before its listener was tuned, and inherited nothing.
    may_be_older: AtomicBool,
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
            may_be_older: AtomicBool::new(true),
        })
    }

    pub(super) async fn accept(&self) -> io::Result<(Accepted, PeerAddress)> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        // Lets others have their turn now and then, however many connections are waiting.
        let accepted = self.socket.async_io(Interest::READABLE, |socket| {
            acceptfrom_with(socket, flags).map_err(|error| {
                self.may_be_older
                    .fetch_and(error != Errno::WOULDBLOCK, Relaxed);
                error.into()
            })
        });
        let (connection, address) = accepted.await?;
        if self.is_unix {
            return Ok((Accepted::Unix(connection.into()), PeerAddress::Unix));
        }
        if self.may_be_older.load(Relaxed) {
            socket::tune(&connection);
        }
        let address = address.ok_or(io::ErrorKind::ConnectionAborted)?;
        let address = PeerAddress::Tcp(SocketAddr::try_from(address)?);
        Ok((Accepted::Tcp(connection.into()), address))
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for the sake of types that may change their descriptor, which this one never does"
)]
fn register(socket: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::SockRef;
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn who_was_there_before_is_answered_at_once_too() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let early = std::net::TcpStream::connect(address).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        socket::tune_listener(&listener);
        let acceptor = Acceptor::of(Listener::Tcp(listener)).unwrap();
        let late = TcpStream::connect(address).await.unwrap();
        for peer in [early.local_addr().unwrap(), late.local_addr().unwrap()] {
            let (Accepted::Tcp(accepted), from) = acceptor.accept().await.unwrap() else {
                unreachable!("it came over TCP")
            };
            assert_eq!(from, PeerAddress::Tcp(peer));
            assert!(SockRef::from(&accepted).tcp_nodelay().unwrap());
            assert!(SockRef::from(&accepted).keepalive().unwrap());
        }
    }
}
