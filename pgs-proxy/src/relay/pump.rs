use crate::{buffer::Buffer, stream::Stream};
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
    /// These bytes were read, and the sink will have them next.
    Read(&'a [u8]),
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
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut Stream,
        sink: &mut Stream,
        mut tell: impl FnMut(Passing<'_>),
    ) -> Poll<Result<(), Broken>> {
        loop {
            if self.is_passing {
                ready!(self.poll_write(cx, sink))?;
                ready!(poll_flush(cx, sink))?;
                self.is_passing = false;
                tell(Passing::Forwarded);
            }
            if self.at_end {
                // Fails only for a peer that is gone, which its reading side tells better.
                let _ = ready!(Pin::new(&mut *sink).poll_shutdown(cx));
                tell(Passing::Ended);
                return Poll::Ready(Ok(()));
            }
            let Ok(buffer) = ready!(source.poll_take(cx, usize::MAX)) else {
                return Poll::Ready(Err(Broken::Source));
            };
            tell(Passing::Read(buffer.unwritten()));
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
