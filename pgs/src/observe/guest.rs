use axum::serve::Listener;
use std::{
    future::pending,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};

/// A listener for those who look on. They share the proxy's descriptors, so there are few of them at one time and none
/// stays long; running out of descriptors does not end it.
#[derive(Debug)]
pub(super) struct Parlour<L> {
    listener: L,
    seats: Arc<Semaphore>,
}

/// A connection with a seat, which it has to leave in time.
#[derive(Debug)]
pub(super) struct Guest<S> {
    stream: S,
    leave: Pin<Box<Sleep>>,
    _seat: OwnedSemaphorePermit,
}

/// What connections are accepted from.
pub(super) trait Door: Send + Sync + 'static {
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    fn accept_one(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl<L> Parlour<L> {
    pub(super) fn new(listener: L) -> Self {
        Self {
            listener,
            seats: Arc::new(Semaphore::new(SEATS)),
        }
    }
}

impl<L: Door> Listener for Parlour<L> {
    type Io = Guest<L::Stream>;
    type Addr = ();

    async fn accept(&mut self) -> (Self::Io, ()) {
        let Ok(seat) = Arc::clone(&self.seats).acquire_owned().await else {
            return pending().await;
        };
        loop {
            match self.listener.accept_one().await {
                Ok(stream) => {
                    let guest = Guest {
                        stream,
                        leave: Box::pin(sleep(STAY)),
                        _seat: seat,
                    };
                    return (guest, ());
                }
                Err(error) => {
                    tracing::debug!(%error, "a look at the proxy could not be accepted");
                    sleep(OUT_OF_DESCRIPTORS).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Door for TcpListener {
    type Stream = TcpStream;

    async fn accept_one(&self) -> io::Result<TcpStream> {
        Ok(self.accept().await?.0)
    }
}

impl Door for UnixListener {
    type Stream = UnixStream;

    async fn accept_one(&self) -> io::Result<UnixStream> {
        Ok(self.accept().await?.0)
    }
}

impl<S> Guest<S> {
    fn may_stay(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.leave.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guest<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let guest = self.get_mut();
        guest.may_stay(cx)?;
        Pin::new(&mut guest.stream).poll_read(cx, space)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guest<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let guest = self.get_mut();
        guest.may_stay(cx)?;
        Pin::new(&mut guest.stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

const SEATS: usize = 32;
/// Longer than a scrape takes, shorter than anybody needs for an attack that matters.
const STAY: Duration = Duration::from_secs(30);
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(75);
