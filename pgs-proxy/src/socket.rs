#[cfg(target_os = "linux")]
use crate::arrival;
use crate::stream::Stream;
use socket2::{SockRef, TcpKeepalive};
use std::{io, os::fd::AsFd, time::Duration};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy says is on its way at once, and a client that vanished without a word does not keep its tenant awake for
/// ever.
///
/// On Linux a connection has what its listener has, so that it costs no system call for each.
pub(crate) fn tune_listener(listener: &TcpListener) {
    if INHERITED {
        tune(listener);
    }
}

/// The same for one connection, where it does not come from the listener.
pub(crate) fn tune_client(stream: &Stream) {
    if !INHERITED && let Stream::Tcp(stream) = stream {
        tune(stream);
    }
}

pub(crate) fn tune_backend(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}

pub(crate) fn tune(socket: &impl AsFd) {
    if let Err(error) = try_to_tune(socket) {
        tracing::debug!(%error, "the client's socket keeps some of its defaults");
    }
}

fn try_to_tune(tuned: &impl AsFd) -> io::Result<()> {
    let socket = SockRef::from(tuned);
    socket.set_tcp_nodelay(true)?;
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_mins(1))
        .with_interval(Duration::from_secs(10))
        .with_retries(6);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_user_timeout(Some(Duration::from_mins(2)))?;
        arrival::tell(tuned)?;
    }
    Ok(())
}

const INHERITED: bool = cfg!(target_os = "linux");

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_has_what_its_listener_has() {
        let listener = crate::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        tune_listener(&listener);
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (_client, accepted) = (client.unwrap(), accepted.unwrap().0);
        let socket = SockRef::from(&accepted);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_mins(1));
        assert_eq!(
            socket.tcp_keepalive_interval().unwrap(),
            Duration::from_secs(10)
        );
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 6);
        assert_eq!(
            socket.tcp_user_timeout().unwrap(),
            Some(Duration::from_mins(2))
        );
    }
}
