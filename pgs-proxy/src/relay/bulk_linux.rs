use super::{pipe::Pipe, pump::Broken};
use crate::stream::Stream;
use std::{
    io,
    task::{Context, Poll, ready},
};

/// Finds out when a direction carries much, and then moves its bytes within the kernel.
///
/// A query and its answer are one read and one write either way, and a pipe would only be in the way of them.
#[derive(Debug, Default)]
pub(super) struct Bulk {
    /// Bytes that came in large portions, one after the other.
    streak: usize,
    /// Only while something is in it, or on its way.
    pipe: Option<Pipe>,
}

/// Why the kernel moves no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    /// What comes is little, or there is no pipe to be had.
    Calm,
    /// The source has ended, and the sink has all that it sent.
    End,
}

impl Bulk {
    /// Whether that takes less work than copying. What came over a Unix socket the kernel copies into a pipe, so nothing
    /// is gained by one (measured: a quarter more processor time); and TLS has to see the bytes.
    pub(super) fn gains(source: &Stream, sink: &Stream) -> bool {
        matches!(source, Stream::Tcp(_)) && !matches!(sink, Stream::Tls(_))
    }

    /// Counts a portion that was copied.
    pub(super) fn copied(&mut self, size: usize) {
        self.streak = if size < LARGE { 0 } else { self.streak + size };
    }

    /// Whether the next bytes are to be moved here.
    pub(super) fn is_on(&self) -> bool {
        self.has_begun() || self.pipe.is_some()
    }

    /// Whether nothing is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.pipe.is_none()
    }

    fn has_begun(&self) -> bool {
        self.streak >= BEGIN
    }

    /// Moves what can be moved; `moved` counts what reached the sink.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut Stream,
        sink: &mut Stream,
        moved: &mut u64,
    ) -> Poll<Result<Pause, Broken>> {
        loop {
            ready!(self.poll_drain(cx, sink, moved)).map_err(|_| Broken::Sink)?;
            if !self.has_begun() {
                self.pipe = None;
                return Poll::Ready(Ok(Pause::Calm));
            }
            match ready!(self.poll_fill(cx, source)) {
                Ok(0) => return Poll::Ready(Ok(Pause::End)),
                Ok(size) => self.copied(size),
                // This kind of socket cannot, or no pipe is left: copying always works.
                Err(error) if is_unable(&error) => self.streak = 0,
                Err(_) => return Poll::Ready(Err(Broken::Source)),
            }
        }
    }

    fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        sink: &mut Stream,
        moved: &mut u64,
    ) -> Poll<io::Result<()>> {
        while let Some(pipe) = self.pipe.as_mut().filter(|pipe| !pipe.is_empty()) {
            match ready!(sink.poll_write_io(cx, |socket| pipe.drain(socket)))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                size => *moved += size as u64,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Whoever waits for more has no pipe meanwhile.
    fn poll_fill(&mut self, cx: &mut Context<'_>, source: &mut Stream) -> Poll<io::Result<usize>> {
        loop {
            let ready = source.poll_read_ready(cx);
            if ready.is_pending() {
                self.pipe = None;
            }
            ready!(ready)?;
            let Some(pipe) = self.pipe.take().or_else(Pipe::take) else {
                return Poll::Ready(Err(io::ErrorKind::Unsupported.into()));
            };
            let pipe = self.pipe.insert(pipe);
            match source.try_read_io(|socket| pipe.fill(socket)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                filled => return Poll::Ready(filled),
            }
        }
    }
}

fn is_unable(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, Unsupported};
    matches!(error.kind(), InvalidInput | Unsupported)
}

/// More than any answer of an ordinary application's query.
const BEGIN: usize = 256 * 1024;
/// PostgreSQL sends 8 KiB at a time, and the last of them is smaller.
const LARGE: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_large_portions_in_a_row_are_bulk() {
        let mut bulk = Bulk::default();
        for _ in 0..BEGIN / LARGE - 1 {
            bulk.copied(LARGE);
        }
        bulk.copied(100);
        assert!(!bulk.has_begun());
        for _ in 0..BEGIN / LARGE {
            bulk.copied(LARGE);
        }
        assert!(bulk.has_begun());
    }
}
