use std::{future::poll_fn, num::NonZero, pin::pin, sync::Arc, task::ready, thread};
use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;

/// How many TLS handshakes are computed at one time: as many as half of the processors, so that a storm of them leaves half
/// of all processor time to the sessions. A session that shares its thread with a handshake waits for one step of it.
///
/// A turn lasts while the processor works, never while a client is waited for: slow ones keep nobody out.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    /// Does the work, one turn for each step of it.
    pub(crate) async fn take<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut turns = PollSemaphore::new(Arc::clone(&self.0));
        poll_fn(|cx| {
            let _turn = ready!(turns.poll_acquire(cx));
            work.as_mut().poll(cx)
        })
        .await
    }
}

impl Default for Turns {
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new((processors / 2).max(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::{task::yield_now, time::timeout};

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_client_keeps_nobody_out() {
        let turns = Turns(Arc::new(Semaphore::new(1)));
        let slow = turns.clone();
        let slow = tokio::spawn(async move { slow.take(pending::<()>()).await });
        yield_now().await;
        let limit = std::time::Duration::from_secs(1);
        assert_eq!(timeout(limit, turns.take(async { 1 })).await, Ok(1));
        slow.abort();
    }
}
