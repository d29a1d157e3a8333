use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};
use tokio::{
    runtime::{Builder, Handle},
    time::sleep,
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Threads of the proxy's own, each with its own event loop, on which a connection stays from its first byte to its end.
///
/// A loop that shares its tasks with others has to wake them for that, which costs a small query more than the query's
/// bytes do. They end when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    all: Vec<Worker>,
    _end: Option<DropGuard>,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
}

/// A connection's place on a worker. Dropping it makes the worker one lighter.
#[derive(Debug)]
pub(crate) struct Seat {
    runtime: Handle,
    connections: Arc<AtomicUsize>,
}

impl Workers {
    /// So many threads; none if they could not be started, since the runtime that calls serves as well.
    pub(crate) fn start(count: usize) -> Self {
        let end = CancellationToken::new();
        let all: io::Result<Vec<_>> = (0..count).map(|_| Worker::start(end.clone())).collect();
        let end = end.drop_guard();
        match all {
            Ok(all) => Self {
                all,
                _end: Some(end),
            },
            Err(error) => {
                tracing::error!(%error, "the proxy has no threads of its own and uses its caller's");
                Self::default()
            }
        }
    }

    /// A place on the worker that has the fewest connections; none where there are no workers.
    pub(crate) fn seat(&self) -> Option<Seat> {
        let lightest = self
            .all
            .iter()
            .min_by_key(|worker| worker.connections.load(Relaxed))?;
        lightest.connections.fetch_add(1, Relaxed);
        Some(Seat {
            runtime: lightest.runtime.clone(),
            connections: Arc::clone(&lightest.connections),
        })
    }
}

impl Worker {
    fn start(end: CancellationToken) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name("pgs-worker".into())
            .spawn(move || {
                runtime.block_on(end.run_until_cancelled(tick()));
                // A look-up that hangs must not keep the thread.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            runtime: handle,
            connections: Arc::default(),
        })
    }
}

/// Whenever a timer is set that is the next to ring, Tokio wakes its loop by a system call, also from within. As this
/// one is before those that every connection sets, theirs cost none.
async fn tick() {
    loop {
        sleep(TICK).await;
    }
}

impl Seat {
    /// Where to spawn what belongs to the connection.
    pub(crate) fn worker(&self) -> Handle {
        self.runtime.clone()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.fetch_sub(1, Relaxed);
    }
}

/// Shorter than a relay's linger, which every connection needs and few use up.
const TICK: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn whoever_comes_gets_the_lightest_worker() {
        let workers = Workers::start(2);
        let seats = [workers.seat().unwrap(), workers.seat().unwrap()];
        assert!(!Arc::ptr_eq(&seats[0].connections, &seats[1].connections));
        let [_first, second] = seats;
        let freed = Arc::clone(&second.connections);
        drop(second);
        let third = workers.seat().unwrap();
        assert!(Arc::ptr_eq(&third.connections, &freed));
    }

    #[tokio::test]
    async fn a_task_runs_on_its_worker_and_ends_with_the_workers() {
        let workers = Workers::start(1);
        let seat = workers.seat().unwrap();
        let (tell, told) = oneshot::channel();
        let (alive, gone) = oneshot::channel::<()>();
        seat.worker().spawn(async move {
            let _alive = alive;
            let name = thread::current().name().map(str::to_owned);
            let _ = tell.send(name);
            std::future::pending::<()>().await;
        });
        assert_eq!(told.await.unwrap().as_deref(), Some("pgs-worker"));
        drop(workers);
        assert!(gone.await.is_err());
    }

    #[tokio::test]
    async fn without_workers_there_is_no_seat() {
        assert!(Workers::start(0).seat().is_none());
    }
}
