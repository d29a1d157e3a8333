use socket2::{SockRef, TcpKeepalive};
use std::{io, time::Duration};
use tokio::net::TcpStream;

use crate::stream::Stream;

/// What the proxy says is on its way at once.
pub(crate) fn answer_at_once(stream: &Stream) {
    if let Stream::Tcp(stream) = stream {
        keep_defaults_if(stream.set_nodelay(true));
    }
}

/// A client that vanished without a word must not keep its tenant awake for ever. Not before it has a session: until
/// then a deadline does the same for fewer system calls.
pub(crate) fn notice_the_vanished(stream: &Stream) {
    match stream {
        Stream::Tcp(stream) => keep_defaults_if(keep_alive(stream)),
        Stream::Tls(leg) => keep_defaults_if(keep_alive(leg.socket())),
        Stream::Unix(_) => {}
    }
}

fn keep_defaults_if(tuned: io::Result<()>) {
    if let Err(error) = tuned {
        tracing::debug!(%error, "the client's socket keeps its defaults");
    }
}

fn keep_alive(stream: &TcpStream) -> io::Result<()> {
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
