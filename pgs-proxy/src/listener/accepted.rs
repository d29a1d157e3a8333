use crate::{stream::Stream, unix_leg::UnixLeg};
use std::{io, net, os::unix};
use tokio::net::TcpStream;

/// A connection that belongs to no event loop yet.
#[derive(Debug)]
pub(crate) enum Accepted {
    Tcp(net::TcpStream),
    Unix(unix::net::UnixStream),
}

impl Accepted {
    /// Belongs to the event loop that calls, from now on.
    pub(crate) fn register(self) -> io::Result<Stream> {
        match self {
            Self::Tcp(stream) => TcpStream::from_std(stream).map(Stream::Tcp),
            Self::Unix(stream) => UnixLeg::new(stream).map(Stream::Unix),
        }
    }
}
