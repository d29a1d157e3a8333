//! How long the tenants' servers take to refuse, learnt from live ones: an answer that comes before any server could
//! have given it tells that there is none.

mod refusal_times;
pub(crate) use refusal_times::RefusalTimes;
mod stopwatch;
pub(crate) use stopwatch::Stopwatch;
mod alarm;
pub(crate) use alarm::Alarm;
mod delays;
use delays::Delays;
mod first_guess;
mod ring;
use ring::Ring;

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// What was learnt, by all listeners.
#[derive(Debug)]
pub(crate) struct Pace {
    learnt: Mutex<Learnt>,
    /// How late tasks run after their timers went off.
    ///
    /// What was learnt from live servers has such a delay in it already, for the proxy wakes up to hear them, too. A
    /// decoy that slept until its time would have it twice.
    lateness: Delays,
    /// How long decoys take to send their words and their end: the client has them when that is done.
    pub(crate) sending: Sending,
    /// Who may stay awake for a short wait; in a storm of refusals most sleep.
    vigils: Semaphore,
}

/// By step, since the first words after a sleep take some microseconds longer to send.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    pub(crate) greeting: Delays,
    pub(crate) challenge: Delays,
    pub(crate) verdict: Delays,
    pub(crate) end: Delays,
}

#[derive(Debug, Default)]
struct Learnt {
    /// Whole refusals of a wrong password.
    refusals: Ring,
    /// Logins that succeeded; what a refusal's end would have taken is a guess.
    successes: Ring,
}

impl Pace {
    pub(crate) fn learn_refusal(&self, times: RefusalTimes) {
        self.learnt().refusals.push(times);
    }

    /// A success says as much as a refusal about everything but the end.
    pub(crate) fn learn_success(&self, times: RefusalTimes) {
        self.learnt().successes.push(times);
    }

    /// The times of one of the latest logins, all of one: they hang together, as a busy moment slows down every step.
    pub(crate) fn sample(&self) -> RefusalTimes {
        let learnt = self.learnt();
        let (refusals, successes) = (learnt.refusals.len(), learnt.successes.len());
        let count = match refusals {
            ENOUGH.. => refusals,
            few => few + successes,
        };
        let times = match count {
            0 => None,
            count => match rand::random_range(0..count) {
                index if index < refusals => learnt.refusals.get(index),
                index => learnt.successes.get(index - refusals),
            },
        };
        times.unwrap_or_else(RefusalTimes::guess).bounded()
    }

    fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            learnt: Mutex::default(),
            lateness: Delays::default(),
            sending: Sending::default(),
            vigils: Semaphore::const_new(VIGILS as usize),
        }
    }
}

const VIGILS: u32 = 4;
/// So many refusals show their spread without the help of successes.
const ENOUGH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn times(millis: u64) -> RefusalTimes {
        let step = Duration::from_millis(millis);
        RefusalTimes {
            greeting: step,
            challenge: step,
            verdict: step,
            closing: step,
        }
    }

    #[test]
    fn a_sample_is_one_of_the_latest_as_a_whole() {
        let pace = Pace::default();
        for millis in [900, 3] {
            for _ in 0..ring::REMEMBERED {
                pace.learn_refusal(times(millis));
            }
        }
        assert_eq!(pace.sample(), times(3));
    }

    #[test]
    fn successes_count_only_while_there_are_few_refusals() {
        let pace = Pace::default();
        pace.learn_success(times(5));
        assert_eq!(pace.sample(), times(5));
        for _ in 0..ENOUGH {
            pace.learn_refusal(times(3));
        }
        assert!((0..1_000).all(|_| pace.sample() == times(3)));
    }

    #[test]
    fn before_anything_was_learnt_the_guess_differs_from_time_to_time() {
        let pace = Pace::default();
        let [first, second] = [pace.sample(), pace.sample()];
        assert_ne!(first, second);
        assert!(first.greeting > Duration::from_micros(500));
    }
}
