use super::bulk::{Bulk, Pause};
use crate::{arrival::Arrival, buffer::Buffer, stream::Stream};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::io::AsyncWrite;

/// One direction of a session.
#[derive(Debug, Default)]
pub(super) struct Pump {
    pending: Option<Buffer>,
    /// Whether something was read that is not with the sink yet.
    is_passing: bool,
    at_end: bool,
    moved: u64,
    bulk: Bulk,
}

/// Which leg cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    Source,
    Sink,
}

/// What is told of a direction while it is watched.
#[derive(Clone, Copy, Debug)]
pub(super) enum Passing<'a> {
    /// These bytes were read, and came in at that time, if anybody knows. The sink will have them next.
    Read(&'a [u8], Option<Arrival>),
    /// The sink is about to have what was read, or the source's end: as soon as whoever is told is ready.
    Due,
    /// The sink has all that was read.
    Forwarded,
    /// The sink has the source's end, too.
    Ended,
}

impl Pump {
    /// A direction whose first bytes were read already.
    pub(super) fn holding(first: Buffer) -> Self {
        let mut pump = Self::default();
        pump.hold(first);
        pump
    }

    /// How many bytes reached the other side.
    pub(super) fn moved(&self) -> u64 {
        self.moved
    }

    /// Moves what can be moved. Ready once the source has ended and its end was passed on.
    ///
    /// What is `told` passes through here; what is not may stay within the kernel. Only what is due can be kept waiting: every other
    /// answer counts as ready.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut Stream,
        sink: &mut Stream,
        told: bool,
        tell: impl FnMut(&mut Context<'_>, Passing<'_>) -> Poll<()>,
    ) -> Poll<Result<(), Broken>> {
        let polled = self.poll_on(cx, source, sink, told, tell);
        if polled.is_pending() && self.is_empty() {
            sink.rest();
        }
        polled
    }

    /// Whether nothing is on its way.
    fn is_empty(&self) -> bool {
        !self.is_passing && self.bulk.is_empty()
    }

    fn poll_on(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut Stream,
        sink: &mut Stream,
        told: bool,
        mut tell: impl FnMut(&mut Context<'_>, Passing<'_>) -> Poll<()>,
    ) -> Poll<Result<(), Broken>> {
        loop {
            if self.is_passing || self.at_end {
                ready!(tell(cx, Passing::Due));
            }
            if self.is_passing {
                ready!(self.poll_write(cx, sink))?;
                ready!(poll_flush(cx, sink))?;
                self.is_passing = false;
                let _ = tell(cx, Passing::Forwarded);
            }
            if self.at_end {
                // Fails only for a peer that is gone, which its reading side tells better.
                let _ = ready!(Pin::new(&mut *sink).poll_shutdown(cx));
                let _ = tell(cx, Passing::Ended);
                return Poll::Ready(Ok(()));
            }
            if !told && self.bulk.is_on() && Bulk::gains(source, sink) {
                match ready!(self.bulk.poll(cx, source, sink, &mut self.moved))? {
                    Pause::Calm => {}
                    Pause::End => {
                        self.at_end = true;
                        continue;
                    }
                }
            }
            let taken = if told {
                ready!(source.poll_take_timed(cx, usize::MAX))
            } else {
                ready!(source.poll_take(cx, usize::MAX)).map(|buffer| (buffer, None))
            };
            let Ok((buffer, arrived)) = taken else {
                return Poll::Ready(Err(Broken::Source));
            };
            self.bulk.copied(buffer.unwritten().len());
            let _ = tell(cx, Passing::Read(buffer.unwritten(), arrived));
            self.hold(buffer);
        }
    }

    /// An empty buffer is the source's end.
    fn hold(&mut self, buffer: Buffer) {
        self.at_end = buffer.unwritten().is_empty();
        self.is_passing = !self.at_end;
        self.pending = Some(buffer).filter(|_| self.is_passing);
    }

    /// After the source broke: what it sent before still arrives, then its end.
    pub(super) fn end(&mut self) {
        self.at_end = true;
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, sink: &mut Stream) -> Poll<Result<(), Broken>> {
        while let Some(buffer) = self
            .pending
            .as_mut()
            .filter(|buffer| !buffer.unwritten().is_empty())
        {
            match ready!(Pin::new(&mut *sink).poll_write(cx, buffer.unwritten())) {
                Ok(0) | Err(_) => {
                    self.pending = None;
                    return Poll::Ready(Err(Broken::Sink));
                }
                Ok(size) => {
                    buffer.written(size);
                    self.moved += size as u64;
                }
            }
        }
        self.pending = None;
        Poll::Ready(Ok(()))
    }
}

/// TLS may hold back what it has taken. Costs nothing on a plain socket.
fn poll_flush(cx: &mut Context<'_>, sink: &mut Stream) -> Poll<Result<(), Broken>> {
    let flushed = Pin::new(sink).poll_flush(cx);
    flushed.map_err(|_| Broken::Sink)
}

/// Reads and forgets until the source ends or breaks, so that closing it later does not destroy what is on its way to it.
pub(super) fn poll_discard(cx: &mut Context<'_>, source: &mut Stream) -> Poll<Result<(), Broken>> {
    loop {
        match ready!(source.poll_take(cx, usize::MAX)) {
            Ok(buffer) if buffer.unwritten().is_empty() => return Poll::Ready(Ok(())),
            Ok(_) => {}
            Err(_) => return Poll::Ready(Err(Broken::Source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unix_leg::UnixLeg;
    use rand::{RngExt, SeedableRng, rngs::SmallRng};
    use std::{future::poll_fn, time::Duration};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream, UnixStream},
        time::timeout,
    };

    /// A direction whose next bytes are moved within the kernel, where that can be done.
    fn in_bulk() -> Pump {
        let mut pump = Pump::default();
        pump.bulk.copied(usize::MAX / 2);
        pump
    }

    /// From a client's TCP socket to a server's Unix socket, with the far ends of both.
    async fn way() -> (Stream, Stream, TcpStream, UnixStream) {
        let (sink, server) = UnixStream::pair().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (source, client) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (source, client) = (Stream::Tcp(source.unwrap()), client.unwrap().0);
        let sink = UnixLeg::new(sink.into_std().unwrap()).unwrap();
        (source, Stream::Unix(sink), client, server)
    }

    async fn run(pump: &mut Pump, source: &mut Stream, sink: &mut Stream) -> Result<(), Broken> {
        poll_fn(|cx| pump.poll(cx, source, sink, false, |_, _| Poll::Ready(()))).await
    }

    fn bytes(size: usize) -> Vec<u8> {
        let mut bytes = vec![0; size];
        SmallRng::seed_from_u64(7).fill(&mut bytes[..]);
        bytes
    }

    #[tokio::test]
    async fn however_it_is_cut_and_read_every_byte_arrives() {
        for mut pump in [in_bulk(), Pump::default()] {
            let (mut source, mut sink, mut client, mut server) = way().await;
            let sent = bytes(16 << 20);
            let talk = async {
                let (mut random, mut left) = (SmallRng::seed_from_u64(1), &sent[..]);
                while !left.is_empty() {
                    let size = random.random_range(1..=left.len().min(200_000));
                    client.write_all(&left[..size]).await.unwrap();
                    left = &left[size..];
                }
                drop(client);
            };
            let listen = async {
                let (mut random, mut heard) = (SmallRng::seed_from_u64(2), Vec::new());
                let mut portion = vec![0; 100_000];
                loop {
                    let size = random.random_range(1..=portion.len());
                    let size = server.read(&mut portion[..size]).await.unwrap();
                    if size == 0 {
                        return heard;
                    }
                    heard.extend_from_slice(&portion[..size]);
                }
            };
            let (done, (), heard) =
                tokio::join!(run(&mut pump, &mut source, &mut sink), talk, listen);
            done.unwrap();
            assert!(heard == sent);
            assert_eq!(pump.moved(), sent.len() as u64);
        }
    }

    #[tokio::test]
    async fn what_is_due_waits_for_who_is_told_and_so_does_the_end() {
        let (mut source, mut sink, mut client, mut server) = way().await;
        let mut pump = Pump::default();
        client.write_all(b"x").await.unwrap();
        drop(client);
        for expected in [&b"x"[..], b""] {
            let mut step = async |is_ready: bool| {
                poll_fn(|cx| {
                    let (mut asked, mut forwarded) = (false, false);
                    let polled = pump.poll(cx, &mut source, &mut sink, true, |_, passing| {
                        forwarded |= matches!(passing, Passing::Forwarded | Passing::Ended);
                        let is_due = matches!(passing, Passing::Due);
                        asked |= is_due;
                        // One thing is let through at a time.
                        if is_due && (!is_ready || forwarded) {
                            return Poll::Pending;
                        }
                        Poll::Ready(())
                    });
                    if asked || polled.is_ready() {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
            };
            step(false).await;
            let mut heard = [0; 2];
            let early = server.try_read(&mut heard).map_err(|error| error.kind());
            assert_eq!(early, Err(std::io::ErrorKind::WouldBlock));
            step(true).await;
            let size = server.read(&mut heard).await.unwrap();
            assert_eq!(&heard[..size], expected);
        }
    }

    /// More than the pipe and the server's socket take: the rest waits, and the client's end waits behind it.
    #[tokio::test]
    async fn the_end_behind_a_server_that_does_not_read_comes_last() {
        let mut pump = in_bulk();
        let (mut source, mut sink, mut client, mut server) = way().await;
        let sent = bytes(32 << 20);
        let talk = async {
            client.write_all(&sent).await.unwrap();
            drop(client);
        };
        let stuck = async { tokio::join!(run(&mut pump, &mut source, &mut sink), talk).0 };
        let mut stuck = Box::pin(stuck);
        // As far as it goes while nobody reads.
        let early = timeout(Duration::from_millis(200), &mut stuck).await;
        assert!(early.is_err(), "all of it was taken");
        let mut heard = Vec::new();
        let (done, read) = tokio::join!(stuck, server.read_to_end(&mut heard));
        done.unwrap();
        read.unwrap();
        assert!(heard == sent);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn without_a_pipe_it_copies() {
        use crate::relay::pipe::Pipe;
        let all: Vec<_> = std::iter::from_fn(Pipe::take).collect();
        let mut pump = in_bulk();
        let (mut source, mut sink, mut client, mut server) = way().await;
        let sent = bytes(1 << 20);
        let talk = async {
            client.write_all(&sent).await.unwrap();
            drop(client);
        };
        let mut heard = Vec::new();
        let (done, (), read) = tokio::join!(
            run(&mut pump, &mut source, &mut sink),
            talk,
            server.read_to_end(&mut heard)
        );
        done.unwrap();
        read.unwrap();
        assert!(heard == sent);
        drop(all);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn whoever_waits_has_no_pipe_and_small_portions_end_the_bulk() {
        let mut pump = in_bulk();
        let (mut source, mut sink, mut client, mut server) = way().await;
        for (size, goes_on) in [(64 << 10, true), (100, false)] {
            let sent = bytes(size);
            client.write_all(&sent).await.unwrap();
            let mut heard = vec![0; size];
            tokio::select! {
                biased;
                ended = run(&mut pump, &mut source, &mut sink) => panic!("{ended:?}"),
                read = server.read_exact(&mut heard) => drop(read.unwrap()),
            }
            assert!(heard == sent);
            // Nothing is there to be moved now, and the pump has seen that.
            let once = poll_fn(|cx| {
                Poll::Ready(pump.poll(cx, &mut source, &mut sink, false, |_, _| Poll::Ready(())))
            });
            assert!(once.await.is_pending());
            assert_eq!(pump.bulk.is_on(), goes_on);
            assert!(pump.bulk.is_empty());
        }
    }
}
