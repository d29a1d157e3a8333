use crate::{PgAdmin, Readiness};
use pgs_core::Result;
use std::{
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

/// How long a server may take before it answers its first query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// While it says nothing.
    pub start: Duration,
    /// While it says that it is recovering.
    pub recovery: Duration,
}

/// How a server's start went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Startup {
    /// It answered an authenticated query.
    Ready,
    /// It ended before it was ready.
    Gone,
    /// It is still not ready after this long.
    TooSlow(Duration),
}

impl PgAdmin {
    /// Waits until the server answers an authenticated query, and no longer than it lives.
    ///
    /// `gone` is ready when the server has ended. While `says_starting` is true, the server is not asked: a login would
    /// only leave a complaint in its log.
    pub async fn await_ready(
        &self,
        patience: Patience,
        gone: impl Future<Output = Result<()>>,
        says_starting: impl Fn() -> bool,
    ) -> Result<Startup> {
        let (mut gone, mut watch) = (pin!(gone), Stopwatch::new(Instant::now()));
        let mut pause = SHORTEST_PAUSE;
        loop {
            let readiness = tokio::select! {
                ended = &mut gone => return ended.map(|()| Startup::Gone),
                readiness = self.look(&says_starting) => readiness?,
            };
            if readiness == Readiness::Ready {
                return Ok(Startup::Ready);
            }
            if let Some(exceeded) = watch.exceeded(readiness, Instant::now(), patience) {
                return Ok(Startup::TooSlow(exceeded));
            }
            tokio::select! {
                ended = &mut gone => return ended.map(|()| Startup::Gone),
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    async fn look(&self, says_starting: &impl Fn() -> bool) -> Result<Readiness> {
        if says_starting() {
            return Ok(Readiness::Starting);
        }
        self.ping().await
    }
}

/// A server that was recovering for long may then take as long to answer as one that was not.
struct Stopwatch {
    begun: Instant,
    starting_until: Instant,
}

impl Stopwatch {
    fn new(begun: Instant) -> Self {
        Self {
            begun,
            starting_until: begun,
        }
    }

    /// The time that was given, when it is over.
    fn exceeded(
        &mut self,
        readiness: Readiness,
        now: Instant,
        patience: Patience,
    ) -> Option<Duration> {
        let (since, given) = if readiness == Readiness::Starting {
            self.starting_until = now;
            (self.begun, patience.recovery)
        } else {
            (self.starting_until, patience.start)
        };
        (now.duration_since(since) > given).then_some(given)
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        start: Duration::from_mins(1),
        recovery: Duration::from_mins(10),
    };

    #[test]
    fn a_late_answer_after_a_long_recovery_is_not_too_late() {
        let begun = Instant::now();
        let mut watch = Stopwatch::new(begun);
        let mut after = |seconds, readiness| {
            watch.exceeded(readiness, begun + Duration::from_secs(seconds), PATIENCE)
        };
        assert_eq!(after(59, Readiness::Silent), None);
        assert_eq!(after(180, Readiness::Starting), None);
        assert_eq!(after(181, Readiness::Silent), None);
        assert_eq!(after(241, Readiness::Silent), Some(PATIENCE.start));
        assert_eq!(after(601, Readiness::Starting), Some(PATIENCE.recovery));
    }

    #[test]
    fn a_server_that_never_says_it_is_starting_gets_the_shorter_time() {
        let begun = Instant::now();
        let late = begun + PATIENCE.start + Duration::from_secs(1);
        let exceeded = Stopwatch::new(begun).exceeded(Readiness::Silent, late, PATIENCE);
        assert_eq!(exceeded, Some(PATIENCE.start));
    }
}
