use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How late tasks run after their timers went off, lately.
///
/// What was learnt from live servers has such a delay in it already, for the proxy wakes up to hear them, too. A decoy
/// that slept until its time would have it twice.
#[derive(Debug, Default)]
pub(crate) struct Lateness(Mutex<Latest>);

#[derive(Debug, Default)]
struct Latest {
    delays: Vec<Duration>,
    next: usize,
}

impl Lateness {
    pub(super) fn learn(&self, delay: Duration) {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = latest.next;
        match latest.delays.get_mut(next) {
            Some(oldest) => *oldest = delay,
            None => latest.delays.push(delay),
        }
        latest.next = (next + 1) % REMEMBERED;
    }

    /// How long before its time a task has to be woken, to be awake in time nearly always.
    pub(super) fn allowance(&self) -> Duration {
        let mut delays = {
            let latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            latest.delays.clone()
        };
        delays.sort_unstable();
        let nearly_last = delays.len() * 19 / 20;
        let seen = delays.get(nearly_last).copied().unwrap_or(SHORTEST);
        seen.clamp(SHORTEST, LONGEST)
    }
}

const REMEMBERED: usize = 64;
const SHORTEST: Duration = Duration::from_micros(80);
/// The rest of the time is spent awake: a limit on what a decoy costs, which is less than a server's fork.
const LONGEST: Duration = Duration::from_micros(400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_follows_the_latest_delays_within_limits() {
        let lateness = Lateness::default();
        assert_eq!(lateness.allowance(), SHORTEST);
        for (micros, allowance) in [
            (200, Duration::from_micros(200)),
            (9_000, LONGEST),
            (1, SHORTEST),
        ] {
            for _ in 0..REMEMBERED {
                lateness.learn(Duration::from_micros(micros));
            }
            assert_eq!(lateness.allowance(), allowance);
        }
    }
}
