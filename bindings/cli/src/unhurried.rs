//! Log lines on their way to a reader who may be slow.

use serde_json::json;
use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;

/// Hands lines to a thread of its own, so that a full pipe or a slow disk holds up nobody who logs. Lines that do not fit
/// in the queue are lost, and the next one that does is preceded by a line that says how many.
#[derive(Clone, Debug)]
pub(crate) struct Unhurried {
    queue: NonBlocking,
    dropped: ErrorCounter,
    told: Arc<AtomicUsize>,
    /// Lost lines that only told of lost lines.
    in_vain: Arc<AtomicUsize>,
    is_json: bool,
}

impl Unhurried {
    /// What is still in the queue is written when the guard is dropped, unless that takes too long.
    pub(crate) fn before(
        writer: impl Write + Send + 'static,
        is_json: bool,
    ) -> (Self, WorkerGuard) {
        let (queue, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(QUEUE)
            .lossy(true)
            .thread_name("pgs-log")
            .finish(writer);
        let dropped = queue.error_counter();
        let unhurried = Self {
            queue,
            dropped,
            told: Arc::default(),
            in_vain: Arc::default(),
            is_json,
        };
        (unhurried, guard)
    }

    fn lost(&self) -> usize {
        let in_vain = self.in_vain.load(Relaxed);
        self.dropped.dropped_lines().saturating_sub(in_vain)
    }

    /// A line about lost lines may be lost, too; then it is tried again.
    fn tell_loss(&self) {
        let (lost, told) = (self.lost(), self.told.load(Relaxed));
        let exchanged = self.told.compare_exchange(told, lost, Relaxed, Relaxed);
        if lost <= told || exchanged.is_err() {
            return;
        }
        let message = format!(
            "{} log lines were lost: nobody read them in time",
            lost - told
        );
        let line = if self.is_json {
            json!({ "level": "WARN", "message": message }).to_string()
        } else {
            format!(" WARN {message}")
        };
        let before = self.dropped.dropped_lines();
        let _ = self.queue.clone().write_all(format!("{line}\n").as_bytes());
        if self.dropped.dropped_lines() > before {
            self.in_vain.fetch_add(1, Relaxed);
            self.told.store(told, Relaxed);
        }
    }
}

impl<'a> MakeWriter<'a> for Unhurried {
    type Writer = NonBlocking;

    fn make_writer(&'a self) -> Self::Writer {
        self.tell_loss();
        self.queue.clone()
    }
}

/// Lines, a few hundred bytes each.
const QUEUE: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Takes a line only when it is told to.
    struct Slow {
        go: Receiver<()>,
        took: Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.go.recv();
            let _ = self.took.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_stopped_holds_up_nobody_and_is_told_what_was_lost() {
        let ((go, stopped), (took, taken)) = (channel(), channel());
        let (log, guard) = Unhurried::before(Slow { go: stopped, took }, false);
        for _ in 0..QUEUE + 100 {
            log.make_writer().write_all(b"line\n").unwrap();
        }
        // One line may be in the thread's hands already.
        let lost = log.lost();
        assert!((98..=100).contains(&lost), "{lost}");
        for _ in 0..QUEUE {
            go.send(()).unwrap();
            assert_eq!(taken.recv().unwrap(), b"line\n");
        }
        log.make_writer().write_all(b"news\n").unwrap();
        drop(go);
        drop((log, guard));
        let rest: Vec<u8> = taken.iter().flatten().collect();
        let rest = String::from_utf8(rest).unwrap();
        assert!(rest.contains("log lines were lost"), "{rest}");
        assert!(rest.ends_with("news\n"), "{rest}");
    }
}
