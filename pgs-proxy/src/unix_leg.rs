#[cfg(target_os = "linux")]
use std::os::fd::BorrowedFd;
use std::{
    io::{self, Read, Write},
    net::Shutdown,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, unix::AsyncFd};

/// A Unix socket that the event loop watches for what comes in, and for room only while there is none.
///
/// Linux tells of room in a Unix socket each time its other side has read something, full or not. Tokio's own type
/// always asks for that, and the loop would wake once more for every query, to do nothing.
#[derive(Debug)]
pub(crate) struct UnixLeg {
    socket: AsyncFd<UnixStream>,
    /// A copy of the descriptor, for the event loop knows each but once. From a write that found no room until nothing
    /// is left to be written for now.
    room: Option<Box<AsyncFd<OwnedFd>>>,
}

impl UnixLeg {
    /// Takes a socket that does not block; within the event loop it then belongs to.
    pub(crate) fn new(socket: UnixStream) -> io::Result<Self> {
        Ok(Self {
            socket: watch(socket, Interest::READABLE)?,
            room: None,
        })
    }

    /// Whether the other side has ended, as soon as anything is known of it.
    pub(crate) async fn is_ended(&self) -> bool {
        let ready = self.socket.ready(Interest::READABLE).await;
        ready.map_or(true, |guard| guard.ready().is_read_closed())
    }

    /// Nothing is to be written for now.
    pub(crate) fn rest(&mut self) {
        self.room = None;
    }

    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_read_ready(cx).map_ok(drop)
    }

    /// Does something that takes room, as soon as there is some.
    #[cfg(target_os = "linux")]
    pub(crate) fn poll_write_io<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut act: impl FnMut(BorrowedFd<'_>) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        poll_io(&self.socket, &mut self.room, cx, |socket| {
            act(socket.as_fd())
        })
    }
}

fn poll_io<T>(
    socket: &AsyncFd<UnixStream>,
    room: &mut Option<Box<AsyncFd<OwnedFd>>>,
    cx: &mut Context<'_>,
    mut act: impl FnMut(&UnixStream) -> io::Result<T>,
) -> Poll<io::Result<T>> {
    loop {
        let Some(watched) = room else {
            match act(socket.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    *room = Some(watch_for_room(socket)?);
                    continue;
                }
                done => return Poll::Ready(done),
            }
        };
        let mut ready = ready!(watched.poll_write_ready(cx))?;
        if let Ok(done) = ready.try_io(|_| act(socket.get_ref())) {
            return Poll::Ready(done);
        }
    }
}

/// Takes a descriptor. Where there is none left, the other side has half a message and will never see the rest: it
/// is told that this is the end, and whoever reads here is, too.
fn watch_for_room(socket: &AsyncFd<UnixStream>) -> io::Result<Box<AsyncFd<OwnedFd>>> {
    let copy = socket.as_fd().try_clone_to_owned();
    copy.and_then(|copy| watch(copy, Interest::WRITABLE))
        .map(Box::new)
        .inspect_err(|_| drop(socket.get_ref().shutdown(Shutdown::Both)))
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for the sake of types that may change their descriptor, which these never do"
)]
fn watch<T: AsRawFd>(socket: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    AsyncFd::with_interest(socket, interest)
}

impl AsyncRead for UnixLeg {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.socket.poll_read_ready(cx))?;
            let unfilled = space.initialize_unfilled();
            let room = unfilled.len();
            let Ok(read) = ready.try_io(|socket| socket.get_ref().read(unfilled)) else {
                continue;
            };
            let size = read?;
            // There was no more: that saves asking.
            if 0 < size && size < room {
                ready.clear_ready();
            }
            space.advance(size);
            return Poll::Ready(Ok(()));
        }
    }
}

impl AsyncWrite for UnixLeg {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { socket, room } = self.get_mut();
        poll_io(socket, room, cx, |mut socket| socket.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.rest();
        Poll::Ready(self.socket.get_ref().shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn pair() -> (UnixLeg, tokio::net::UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let theirs = tokio::net::UnixStream::from_std(theirs).unwrap();
        (UnixLeg::new(ours).unwrap(), theirs)
    }

    #[tokio::test]
    async fn room_is_watched_for_only_while_there_is_none() {
        let (mut leg, mut peer) = pair();
        leg.write_all(b"little").await.unwrap();
        assert!(leg.room.is_none());
        peer.read_exact(&mut [0; 6]).await.unwrap();
        let much = vec![7; 8 << 20];
        let mut heard = vec![0; much.len()];
        let (written, read) = tokio::join!(leg.write_all(&much), peer.read_exact(&mut heard));
        written.unwrap();
        read.unwrap();
        assert!(heard == much);
        assert!(leg.room.is_some());
        leg.rest();
        assert!(leg.room.is_none());
    }

    #[tokio::test]
    async fn without_a_descriptor_left_both_sides_hear_the_end() {
        let (mut leg, mut peer) = pair();
        let all: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        let written = leg.write_all(&vec![7; 8 << 20]).await;
        assert!(written.is_err());
        drop(all);
        let mut heard = Vec::new();
        peer.read_to_end(&mut heard).await.unwrap();
        assert!(!heard.is_empty());
        assert_eq!(leg.read(&mut [0; 8]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn who_waits_for_room_hears_of_a_peer_that_is_gone() {
        let (mut leg, peer) = pair();
        let much = vec![7; 8 << 20];
        let (written, ()) = tokio::join!(leg.write_all(&much), async { drop(peer) });
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn what_was_said_before_the_end_is_heard_in_portions_of_any_size() {
        let (mut leg, mut peer) = pair();
        peer.write_all(b"last words").await.unwrap();
        assert_eq!(leg.read_u8().await.unwrap(), b'l');
        drop(peer);
        let mut rest = Vec::new();
        leg.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"ast words");
        assert!(leg.is_ended().await);
    }

    #[tokio::test]
    async fn our_end_is_told_and_the_answer_still_heard() {
        let (mut leg, mut peer) = pair();
        leg.shutdown().await.unwrap();
        assert_eq!(peer.read(&mut [0; 8]).await.unwrap(), 0);
        peer.write_all(b"bye").await.unwrap();
        let mut answer = [0; 3];
        leg.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"bye");
    }
}
