use pgs_core::Endpoint;
use std::{
    future::pending,
    io::{self, ErrorKind},
    os::fd::{AsFd, BorrowedFd},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    arrival::{self, Arrival},
    buffer::Buffer,
    socket,
    tls::TlsLeg,
    unix_leg::UnixLeg,
};

/// One leg of a session.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixLeg),
    Tls(Box<TlsLeg>),
}

/// What a leg is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leg {
    Tcp,
    Unix,
    Tls,
}

impl Stream {
    pub(crate) fn leg(&self) -> Leg {
        match self {
            Self::Tcp(_) => Leg::Tcp,
            Self::Unix(_) => Leg::Unix,
            Self::Tls(_) => Leg::Tls,
        }
    }

    pub(crate) async fn connect(endpoint: &Endpoint, limit: Duration) -> io::Result<Self> {
        timeout(limit, Self::dial(endpoint)).await?
    }

    async fn dial(endpoint: &Endpoint) -> io::Result<Self> {
        match endpoint {
            Endpoint::Unix(path) => dial_unix(path).await.map(Self::Unix),
            Endpoint::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                socket::tune_backend(&stream)?;
                Ok(Self::Tcp(stream))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// Ready when the other side has ended or broken off the connection, without taking what it sent before.
    ///
    /// Where that is still unread it may be noticed only by the next call.
    pub(crate) async fn ended(&self) {
        let socket = match self {
            Self::Tcp(stream) => stream,
            Self::Tls(leg) => leg.socket(),
            Self::Unix(leg) => {
                if !leg.is_ended().await {
                    pending::<()>().await;
                }
                return;
            }
        };
        let ready = socket.ready(Interest::READABLE).await;
        if ready.is_ok_and(|ready| !ready.is_read_closed()) {
            pending::<()>().await;
        }
    }

    /// Waits without holding a buffer until there is something to read.
    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(cx),
            Self::Unix(stream) => stream.poll_read_ready(cx),
            // Only it knows: its socket may be silent while it still has something decrypted.
            Self::Tls(_) => Poll::Ready(Ok(())),
        }
    }

    /// Reads by something else than a read, which may find nothing; only from a TCP connection.
    #[cfg(target_os = "linux")]
    pub(crate) fn try_read_io<T>(
        &self,
        act: impl FnOnce(BorrowedFd<'_>) -> io::Result<T>,
    ) -> io::Result<T> {
        match self {
            Self::Tcp(stream) => stream.try_io(Interest::READABLE, || act(stream.as_fd())),
            Self::Unix(_) | Self::Tls(_) => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// Writes by something else than a write, as soon as there is room; only to a plain one.
    #[cfg(target_os = "linux")]
    pub(crate) fn poll_write_io<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut act: impl FnMut(BorrowedFd<'_>) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        match self {
            Self::Tcp(stream) => loop {
                ready!(stream.poll_write_ready(cx))?;
                match stream.try_io(Interest::WRITABLE, || act(stream.as_fd())) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    done => return Poll::Ready(done),
                }
            },
            Self::Unix(leg) => leg.poll_write_io(cx, act),
            Self::Tls(_) => Poll::Ready(Err(ErrorKind::Unsupported.into())),
        }
    }

    /// Nothing is to be written for now: what waiting for room has taken is given back.
    pub(crate) fn rest(&mut self) {
        if let Self::Unix(leg) = self {
            leg.rest();
        }
    }

    /// Reads into a buffer that is taken only once there is something to read. An empty one means the end.
    pub(crate) fn poll_take(
        &mut self,
        cx: &mut Context<'_>,
        limit: usize,
    ) -> Poll<io::Result<Buffer>> {
        ready!(self.poll_read_ready(cx))?;
        let mut buffer = Buffer::take();
        let space = buffer.space();
        let size = limit.min(space.len());
        let mut space = ReadBuf::new(&mut space[..size]);
        ready!(Pin::new(self).poll_read(cx, &mut space))?;
        let size = space.filled().len();
        buffer.filled(size);
        Poll::Ready(Ok(buffer))
    }

    /// The same, and tells when the latest of it came in; none where nobody knows.
    pub(crate) fn poll_take_timed(
        &mut self,
        cx: &mut Context<'_>,
        limit: usize,
    ) -> Poll<io::Result<(Buffer, Option<Arrival>)>> {
        let arrived = match self {
            Self::Tcp(stream) => loop {
                ready!(stream.poll_read_ready(cx))?;
                let mut buffer = Buffer::take();
                let space = buffer.space();
                let size = limit.min(space.len());
                match arrival::read(stream, &mut space[..size]) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => {
                        let (size, arrived) = read?;
                        buffer.filled(size);
                        return Poll::Ready(Ok((buffer, arrived)));
                    }
                }
            },
            Self::Unix(_) => None,
            Self::Tls(leg) => match leg.socket().poll_read_ready(cx) {
                Poll::Ready(_) => arrival::of_unread(leg.socket())?,
                Poll::Pending => None,
            },
        };
        self.poll_take(cx, limit).map_ok(|buffer| (buffer, arrived))
    }
}

/// A Unix socket whose backlog is full says so at once, where TCP would wait.
async fn dial_unix(path: &std::path::Path) -> io::Result<UnixLeg> {
    let mut pause = Duration::from_millis(1);
    loop {
        match pgs_dial::dial(path) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            dialled => return UnixLeg::new(dialled?),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, space),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, space),
            Self::Tls(leg) => Pin::new(leg).poll_read(cx, space),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(leg) => Pin::new(leg).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(leg) => Pin::new(leg).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(leg) => Pin::new(leg).poll_shutdown(cx),
        }
    }
}

const LONGEST_PAUSE: Duration = Duration::from_millis(32);
