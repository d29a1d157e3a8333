//! Where attackers come from.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};

/// Connects from one of many addresses of this machine; the witness has 127.0.0.1 to itself.
pub(crate) async fn connect(number: usize, target: SocketAddr) -> io::Result<TcpStream> {
    let last = u8::try_from(number % ADDRESSES).unwrap_or_default();
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::new(127, 0, 1, last + 1), 0).into())?;
    socket.connect(target).await
}

/// So many that none comes near the share of one.
const ADDRESSES: usize = 50;
