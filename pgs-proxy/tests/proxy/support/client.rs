use super::soon;
use pgs_core::wire::{ProtocolVersion, client};
use std::net::{IpAddr, SocketAddr};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// A client that sends bytes.
#[derive(Debug)]
pub(crate) struct Client<S = TcpStream>(pub(crate) S);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// From another address of this machine.
    pub(crate) async fn connect_from(source: IpAddr, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(source, 0)).unwrap();
        Self(soon(socket.connect(address)).await.unwrap())
    }

    /// Breaks the connection off with a reset.
    pub(crate) fn reset(self) {
        self.0.set_zero_linger().unwrap();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        soon(self.0.write_all(bytes)).await.unwrap();
        soon(self.0.flush()).await.unwrap();
    }

    pub(crate) async fn expect(&mut self, bytes: &[u8]) {
        assert_eq!(self.take(bytes.len()).await, bytes);
    }

    pub(crate) async fn take(&mut self, size: usize) -> Vec<u8> {
        let mut read = vec![0; size];
        soon(self.0.read_exact(&mut read)).await.unwrap();
        read
    }

    /// One message of the server, with its tag and length.
    pub(crate) async fn message(&mut self) -> Vec<u8> {
        let mut message = self.take(5).await;
        let length = u32::from_be_bytes(message[1..5].try_into().unwrap()) as usize;
        message.extend(self.take(length - 4).await);
        message
    }

    /// What comes before a clean end.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        soon(self.0.read_to_end(&mut rest)).await.unwrap();
        rest
    }

    /// Waits until the proxy closes, cleanly or not, without a byte.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        let _ = soon(self.0.read_to_end(&mut rest)).await;
        assert_eq!(rest, b"");
    }

    pub(crate) async fn finish(&mut self) {
        soon(self.0.shutdown()).await.unwrap();
    }
}

/// A startup packet of protocol 3.0 for this user.
pub(crate) fn startup(user: &str) -> Vec<u8> {
    let mut packet = Vec::new();
    client::startup(
        ProtocolVersion::V3_0,
        [(&b"user"[..], user.as_bytes())],
        &mut packet,
    );
    packet
}
