use std::{
    collections::BTreeSet,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::JoinHandle,
    time::Duration,
};
use testkit::Lookout;

/// Looks all the time whether two servers work on one data directory, which would be its end.
pub(crate) struct Witness {
    end: Sender<()>,
    looks: JoinHandle<BTreeSet<u32>>,
}

impl Witness {
    pub(crate) fn of(lookout: Lookout) -> Self {
        let (end, ended) = mpsc::channel();
        let looks = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while ended.recv_timeout(LOOK_AGAIN) == Err(RecvTimeoutError::Timeout) {
                look(&lookout, &mut seen);
            }
            seen
        });
        Self { end, looks }
    }

    /// How many servers it saw, or a panic where two of them had one data directory.
    pub(crate) fn seen(self) -> usize {
        self.end.send(()).unwrap();
        self.looks.join().unwrap().len()
    }
}

fn look(lookout: &Lookout, seen: &mut BTreeSet<u32>) {
    let found = lookout.postmasters();
    for pair in found.windows(2) {
        let [one, two] = pair else { continue };
        let is_one = one.data != two.data || one.container == two.container;
        assert!(is_one, "two servers on one data directory: {pair:?}");
    }
    seen.extend(found.iter().map(|server| server.pid));
}

const LOOK_AGAIN: Duration = Duration::from_millis(3);
