use socket2::{Domain, Protocol, Socket, Type};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// A listener with the backlog a storm of connections needs. Call it inside a Tokio runtime.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// The next connection, however long the listener refuses to give one.
pub(crate) async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut silenced = false;
    loop {
        match listener.accept().await {
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

/// The connection was gone before it was accepted; the listener is well.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | Interrupted
    )
}

/// The kernel cuts it down to `net.core.somaxconn`.
const BACKLOG: i32 = 4096;
/// Only another connection's end helps, so asking at once again would only burn the processor.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(75);
