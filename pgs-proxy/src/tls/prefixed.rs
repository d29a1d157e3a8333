use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A socket whose first bytes have been read already, and which gives only so many until its handshake is over.
#[derive(Debug)]
pub(super) struct Prefixed {
    pub(super) stream: TcpStream,
    prefix: Vec<u8>,
    allowance: usize,
}

impl Prefixed {
    pub(super) fn new(prefix: Vec<u8>, stream: TcpStream) -> Self {
        Self {
            stream,
            prefix,
            allowance: LONGEST_HANDSHAKE,
        }
    }

    /// The handshake is over: from now on the client may send as much as it likes.
    pub(super) fn lift(&mut self) {
        self.allowance = usize::MAX;
    }

    fn replay(&mut self, space: &mut ReadBuf<'_>) {
        let size = self.prefix.len().min(space.remaining());
        space.put_slice(&self.prefix[..size]);
        self.prefix.drain(..size);
        if self.prefix.is_empty() {
            self.prefix = Vec::new();
        }
    }
}

impl AsyncRead for Prefixed {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.prefix.is_empty() && this.allowance == usize::MAX {
            return Pin::new(&mut this.stream).poll_read(cx, space);
        }
        if this.allowance == 0 {
            return Poll::Ready(Err(io::Error::other("the TLS handshake is too long")));
        }
        let before = space.filled().len();
        let polled = if this.prefix.is_empty() {
            Pin::new(&mut this.stream).poll_read(cx, space)
        } else {
            this.replay(space);
            Poll::Ready(Ok(()))
        };
        let read = space.filled().len() - before;
        if this.allowance != usize::MAX {
            this.allowance = this.allowance.saturating_sub(read);
        }
        polled
    }
}

impl AsyncWrite for Prefixed {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// A `ClientHello` has a few hundred bytes, with post-quantum keys about two thousand; a client's chain of certificates
/// some thousands more.
const LONGEST_HANDSHAKE: usize = 32 * 1024;
