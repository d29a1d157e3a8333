use super::Listener;
use socket2::{Domain, SockRef, Socket, Type};
use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
};
use tokio::net::{TcpListener, UnixListener};

impl Listener {
    /// A listener that somebody else has bound: a service manager, or the process that is replaced. Call it inside a
    /// Tokio runtime.
    ///
    /// Whatever is no listening stream socket of a known family is refused with
    /// [`InvalidInput`](io::ErrorKind::InvalidInput).
    pub fn inherited(descriptor: OwnedFd) -> io::Result<Self> {
        let socket = Socket::from(descriptor);
        if socket.r#type()? != Type::STREAM || !listens(&socket)? {
            return Err(unusable("this descriptor is no listening stream socket"));
        }
        socket.set_cloexec(true)?;
        socket.set_nonblocking(true)?;
        match socket.local_addr()?.domain() {
            Domain::UNIX => UnixListener::from_std(socket.into()).map(Self::Unix),
            Domain::IPV4 | Domain::IPV6 => TcpListener::from_std(socket.into()).map(Self::Tcp),
            _ => Err(unusable("only TCP and Unix sockets can be listened on")),
        }
    }

    /// Its address; none for a Unix socket.
    pub fn ip_address(&self) -> Option<SocketAddr> {
        SockRef::from(self).local_addr().ok()?.as_socket()
    }

    /// The path of a Unix socket; none for another.
    pub fn path(&self) -> Option<PathBuf> {
        let address = SockRef::from(self).local_addr().ok()?;
        address.as_pathname().map(Into::into)
    }
}

/// For handing the socket on; the listener keeps accepting.
impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener) => listener.as_fd(),
        }
    }
}

#[cfg(target_os = "linux")]
fn listens(socket: &Socket) -> io::Result<bool> {
    socket.is_listener()
}

/// Apple's systems do not tell; there the first accept does.
#[cfg(not(target_os = "linux"))]
fn listens(_: &Socket) -> io::Result<bool> {
    Ok(true)
}

fn unusable(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::UdpSocket;

    #[tokio::test]
    async fn only_what_listens_is_taken() {
        let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(Listener::inherited(datagrams.into()).is_err());
        let listener = crate::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        assert!(Listener::inherited(client.into()).is_err());
        let copy = listener.as_fd().try_clone_to_owned().unwrap();
        let inherited = Listener::inherited(copy).unwrap();
        assert_eq!(inherited.ip_address(), Some(address));
    }

    #[tokio::test]
    async fn a_unix_socket_is_known_by_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let inherited = Listener::inherited(listener.into()).unwrap();
        assert_eq!(inherited.path(), Some(path));
        assert_eq!(inherited.ip_address(), None);
    }
}
