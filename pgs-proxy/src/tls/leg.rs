use super::prefixed::Prefixed;
use std::{
    io::{self, ErrorKind, Write},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

/// The encrypted leg of a session. However it is closed, the client is told that nothing was cut off (`close_notify`),
/// if its socket takes that without waiting.
#[derive(Debug)]
pub(crate) struct TlsLeg(pub(super) TlsStream<Prefixed>);

impl TlsLeg {
    /// What carries it.
    pub(crate) fn socket(&self) -> &TcpStream {
        &self.0.get_ref().0.stream
    }
}

impl AsyncRead for TlsLeg {
    /// The end of the socket is the end, whether the client announced it or not: many never do.
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.get_mut().0).poll_read(cx, space) {
            Poll::Ready(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                Poll::Ready(Ok(()))
            }
            polled => polled,
        }
    }
}

/// What was written may stay behind in memory until it is flushed.
impl AsyncWrite for TlsLeg {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

impl Drop for TlsLeg {
    fn drop(&mut self) {
        let (io, connection) = self.0.get_mut();
        connection.send_close_notify();
        while connection.wants_write()
            && matches!(connection.write_tls(&mut AtOnce(&io.stream)), Ok(size) if size > 0)
        {
        }
    }
}

/// Writes what a socket takes without waiting.
struct AtOnce<'a>(&'a TcpStream);

impl Write for AtOnce<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
