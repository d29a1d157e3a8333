use socket2::{SockRef, TcpKeepalive};
use std::{io, time::Duration};
use tokio::net::TcpStream;

use crate::stream::Stream;

/// A client that vanished without a word must not keep its tenant awake for ever.
pub(crate) fn tune_client(stream: &Stream) -> io::Result<()> {
    match stream {
        Stream::Tcp(stream) => tune_remote(stream),
        // Inside TLS it is the same socket.
        Stream::Tls(_) | Stream::Unix(_) => Ok(()),
    }
}

fn tune_remote(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_mins(1))
        .with_interval(Duration::from_secs(10))
        .with_retries(6);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_mins(2)))?;
    Ok(())
}

pub(crate) fn tune_backend(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)
}
