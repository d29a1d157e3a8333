use std::{
    future::Future,
    time::{Duration, Instant},
};

/// How long a test waits for anything: far longer than a busy machine takes, far shorter than a person would.
pub const LIMIT: Duration = Duration::from_mins(2);

/// Waits for this work, or panics with what was waited for.
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, work).await {
        Ok(done) => done,
        Err(late) => panic!("{what}: not done within {LIMIT:?}: {late}"),
    }
}

/// Looks until this holds, or panics with what was waited for.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {LIMIT:?}");
        std::thread::park_timeout(LOOK_AGAIN);
    }
}

const LOOK_AGAIN: Duration = Duration::from_millis(5);
