//! The client has a processor to itself, as a stranger on another machine has: what runs beside it would blur its clock.
//!
//! Where there is one processor only, or another system than Linux, they share.

/// What is started from here on runs on any processor but the first.
pub(super) fn leave_the_first() {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    if all > 1 {
        run_on(1..all);
    }
}

/// This thread runs on the first one only.
pub(super) fn take_the_first() {
    run_on(0..1);
}

#[cfg(target_os = "linux")]
fn run_on(processors: std::ops::Range<usize>) {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let mut set = CpuSet::new();
    for processor in processors {
        set.set(processor);
    }
    if let Err(error) = sched_setaffinity(None, &set) {
        eprintln!("the client shares its processor: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn run_on(_: std::ops::Range<usize>) {}
