use pgs::provision::{Progress, Step};
use std::sync::atomic::{AtomicU64, Ordering};

/// Kills this process at its n-th step, with no chance to clean up: what the crash tests walk through.
#[derive(Debug)]
pub(crate) struct KillAt {
    step: u64,
    seen: AtomicU64,
}

impl KillAt {
    /// The step that `PGS_KILL_AT_STEP` names, if it is set.
    pub(crate) fn from_env() -> Option<Self> {
        let step = std::env::var("PGS_KILL_AT_STEP").ok()?.parse().ok()?;
        Some(Self {
            step,
            seen: AtomicU64::new(0),
        })
    }
}

impl Progress for KillAt {
    fn begin(&self, _: Step) {
        if self.seen.fetch_add(1, Ordering::SeqCst) + 1 != self.step {
            return;
        }
        let myself = rustix::process::getpid();
        if rustix::process::kill_process(myself, rustix::process::Signal::KILL).is_ok() {
            loop {
                std::thread::park();
            }
        }
    }
}
