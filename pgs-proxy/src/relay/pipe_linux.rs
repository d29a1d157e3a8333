use rustix::{
    io::Errno,
    pipe::{PipeFlags, SpliceFlags, fcntl_getpipe_size, pipe_with, splice},
};
use std::{
    cell::RefCell,
    io,
    os::fd::{BorrowedFd, OwnedFd},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// A place in the kernel where bytes wait between two sockets, so that they need not be copied out and in again.
///
/// Goes back to its thread's pool when dropped empty.
#[derive(Debug)]
pub(super) struct Pipe {
    /// None only while it is dropped.
    ends: Option<Ends>,
    held: usize,
}

#[derive(Debug)]
struct Ends {
    read: OwnedFd,
    write: OwnedFd,
    _counted: Counted,
}

/// One of so many that the process may have.
#[derive(Debug)]
struct Counted;

impl Pipe {
    /// None when there are enough, or when the system gives no more of a useful size: who has many gets small ones.
    pub(super) fn take() -> Option<Self> {
        let pooled = POOL.with_borrow_mut(Vec::pop);
        let ends = pooled.or_else(|| Ends::open().ok().flatten())?;
        Some(Self {
            ends: Some(ends),
            held: 0,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held == 0
    }

    /// Fills it from a socket. Only an empty one, since then [`WouldBlock`](io::ErrorKind::WouldBlock) means that the
    /// socket is empty and cannot mean that the pipe is full. 0 is the end.
    pub(super) fn fill(&mut self, source: BorrowedFd<'_>) -> io::Result<usize> {
        let ends = self.ends.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        let size = splice(source, None, &ends.write, None, CAPACITY, FLAGS)?;
        self.held += size;
        Ok(size)
    }

    /// Gives a socket what it takes of it.
    pub(super) fn drain(&mut self, sink: BorrowedFd<'_>) -> io::Result<usize> {
        let ends = self.ends.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        let size = splice(&ends.read, None, sink, None, self.held, FLAGS)?;
        self.held -= size;
        Ok(size)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        let Some(ends) = self.ends.take().filter(|_| self.held == 0) else {
            return;
        };
        // The pool is already gone while a thread ends.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < KEPT {
                pool.push(ends);
            }
        });
    }
}

impl Ends {
    fn open() -> Result<Option<Self>, Errno> {
        let Some(counted) = Counted::new() else {
            return Ok(None);
        };
        let (read, write) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC)?;
        let is_useful = fcntl_getpipe_size(&write)? >= CAPACITY;
        Ok(is_useful.then_some(Self {
            read,
            write,
            _counted: counted,
        }))
    }
}

impl Counted {
    fn new() -> Option<Self> {
        let before = PIPES.fetch_add(1, Relaxed);
        let counted = Self;
        (before < MOST).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        PIPES.fetch_sub(1, Relaxed);
    }
}

thread_local! {
    static POOL: RefCell<Vec<Ends>> = const { RefCell::new(Vec::new()) };
}

static PIPES: AtomicUsize = AtomicUsize::new(0);

const FLAGS: SpliceFlags = SpliceFlags::NONBLOCK.union(SpliceFlags::MOVE);
/// What Linux gives a new pipe.
const CAPACITY: usize = 64 * 1024;
const KEPT: usize = 8;
/// A user without privileges gets a thousand of full size, and other programs want some, too.
const MOST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        os::{fd::AsFd, unix::net::UnixStream},
    };

    #[test]
    fn what_goes_in_comes_out() {
        let (mut client, source) = UnixStream::pair().unwrap();
        let (sink, mut server) = UnixStream::pair().unwrap();
        source.set_nonblocking(true).unwrap();
        let mut pipe = Pipe::take().unwrap();
        let nothing = pipe.fill(source.as_fd()).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        client.write_all(b"bytes").unwrap();
        assert_eq!(pipe.fill(source.as_fd()).unwrap(), 5);
        drop(client);
        assert_eq!(pipe.drain(sink.as_fd()).unwrap(), 5);
        assert_eq!(pipe.fill(source.as_fd()).unwrap(), 0);
        let mut came = [0; 5];
        server.read_exact(&mut came).unwrap();
        assert_eq!(&came, b"bytes");
    }

    #[test]
    fn one_that_still_holds_something_is_not_used_again() {
        let (mut client, source) = UnixStream::pair().unwrap();
        client.write_all(b"secret").unwrap();
        let mut pipe = Pipe::take().unwrap();
        pipe.fill(source.as_fd()).unwrap();
        drop(pipe);
        assert_eq!(POOL.with_borrow(Vec::len), 0);
        drop(Pipe::take().unwrap());
        assert_eq!(POOL.with_borrow(Vec::len), 1);
    }

    #[test]
    fn there_are_no_more_than_may_be() {
        let pipes: Vec<_> = std::iter::from_fn(Pipe::take).take(MOST + 1).collect();
        assert!(pipes.len() <= MOST);
        drop(pipes);
        assert_eq!(POOL.with_borrow(Vec::len), KEPT);
        assert!(Pipe::take().is_some());
    }
}
