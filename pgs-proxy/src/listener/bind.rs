use socket2::{Domain, Protocol, Socket, Type};
use std::{io, net::SocketAddr};
use tokio::net::TcpListener;

/// A listener with the backlog a storm of connections needs. Call it inside a Tokio runtime.
///
/// Like `PostgreSQL`'s, one on an IPv6 address takes IPv6 alone: `[::]` does not include `0.0.0.0`.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// The kernel cuts it down to `net.core.somaxconn`.
pub(super) const BACKLOG: i32 = 4096;
