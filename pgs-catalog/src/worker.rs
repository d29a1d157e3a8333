use crate::fault::Fault;
use pgs_core::{Error, Result};
use rusqlite::Connection;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread::{self, JoinHandle},
};
use tokio::sync::oneshot;

/// A thread that owns a connection and does one job after the other with it: `SQLite` blocks, async code must not.
#[derive(Debug)]
pub(crate) struct Worker {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

impl Worker {
    pub(crate) fn start(name: &str, connection: Connection) -> Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work_off(&queue, connection))
            .map_err(|source| Error::io("cannot start the catalogue's thread", source))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Has the job done. If nobody waits any more when its turn comes, it is left out.
    pub(crate) async fn run<T, J>(&self, job: J) -> Result<T>
    where
        T: Send + 'static,
        J: FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job = move |connection: &mut Connection| {
            if !answer.is_closed() {
                // Nobody takes the answer if its future was dropped meanwhile.
                let _ = answer.send(job(connection));
            }
        };
        let jobs = self.jobs.as_ref().ok_or_else(gave_up)?;
        jobs.send(Box::new(job)).map_err(|_| gave_up())?;
        Ok(answered.await.map_err(|_| gave_up())??)
    }
}

/// A job that panics drops the sender of its answer, which is an error for whoever waits, and its transaction, which
/// rolls back. The next job finds the connection as good as new.
fn work_off(queue: &mpsc::Receiver<Job>, mut connection: Connection) {
    for job in queue {
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut connection)));
    }
}

fn gave_up() -> Error {
    Error::internal("the catalogue's thread gave up: this is a bug in pgs")
}

impl Drop for Worker {
    /// Waits for the thread, so that the directory may be deleted afterwards.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgs_core::ErrorKind;

    fn worker() -> Worker {
        Worker::start("test", Connection::open_in_memory().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_rolls_back() {
        let worker = worker();
        let panicked = worker.run(|connection| -> Result<(), Fault> {
            let transaction = connection.transaction()?;
            transaction.execute_batch("CREATE TABLE half_done (x)")?;
            panic!("on purpose")
        });
        assert_eq!(panicked.await.unwrap_err().kind(), ErrorKind::Internal);
        let count = |connection: &mut Connection| {
            let sql = "SELECT count(*) FROM sqlite_schema";
            Ok(connection.query_row(sql, [], |row| row.get::<_, u64>(0))?)
        };
        assert_eq!(worker.run(count).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn dropping_the_worker_ends_its_thread_after_the_last_job() {
        let worker = worker();
        let (alive, ended) = mpsc::channel::<()>();
        let job = move |_: &mut Connection| {
            drop(alive);
            Ok(())
        };
        worker.run(job).await.unwrap();
        drop(worker);
        assert_eq!(ended.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    }
}
