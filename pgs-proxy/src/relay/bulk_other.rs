use super::pump::Broken;
use crate::stream::Stream;
use std::task::{Context, Poll};

/// Where the kernel moves no bytes from socket to socket, all of them are copied.
#[derive(Debug, Default)]
pub(super) struct Bulk;

/// Why the kernel moves no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pause {
    Calm,
    End,
}

#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_ref_mut,
    reason = "on Linux there is more to do"
)]
impl Bulk {
    pub(super) fn gains(_: &Stream, _: &Stream) -> bool {
        false
    }

    pub(super) fn copied(&mut self, _: usize) {}

    pub(super) fn is_on(&self) -> bool {
        false
    }

    pub(super) fn is_empty(&self) -> bool {
        true
    }

    pub(super) fn poll(
        &mut self,
        _: &mut Context<'_>,
        _: &mut Stream,
        _: &mut Stream,
        _: &mut u64,
    ) -> Poll<Result<Pause, Broken>> {
        Poll::Ready(Ok(Pause::Calm))
    }
}
