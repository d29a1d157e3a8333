use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use anyhow::{Context, Result};

/// Looks all the time at how much memory a process has.
pub(super) struct Watch {
    over: Arc<AtomicBool>,
    most: JoinHandle<u64>,
}

impl Watch {
    pub(super) fn over(process: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let most = spawn(move || {
            let mut most = 0;
            while !told.load(Relaxed) {
                most = most.max(resident_kib(process).unwrap_or_default());
                sleep(Duration::from_millis(50));
            }
            most
        });
        Self { over, most }
    }

    /// The most it had, in KiB.
    pub(super) fn end(self) -> u64 {
        self.over.store(true, Relaxed);
        self.most.join().unwrap_or_default()
    }
}

/// Memory of a process, in KiB.
pub(super) fn resident_kib(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.context("/proc/<pid>/status is not what it was")
}
