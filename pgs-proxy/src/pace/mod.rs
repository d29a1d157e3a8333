//! How long the tenants' servers take to refuse, learnt from live ones: an answer that comes before any server could
//! have given it tells that there is none.

mod refusal_times;
pub(crate) use refusal_times::{RefusalTimes, Step};
mod stopwatch;
pub(crate) use stopwatch::Stopwatch;
mod alarm;
pub(crate) use alarm::Alarm;
mod delays;
use delays::Delays;
mod first_guess;
mod handicap;
use handicap::Handicap;
mod known_roles;
use known_roles::{KnownRoles, RoleKey};
mod ring;
use ring::Ring;
mod sending;
use sending::Sending;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// What was learnt, by all listeners.
#[derive(Debug)]
pub(crate) struct Pace {
    learnt: Mutex<Learnt>,
    roles: KnownRoles,
    handicap: Handicap,
    /// How late tasks run after their timers went off.
    ///
    /// What was learnt from live servers has such a delay in it already, for the proxy wakes up to hear them, too. A
    /// decoy that slept until its time would have it twice.
    lateness: Delays,
    pub(crate) sending: Sending,
    /// Who may stay awake for a short wait; in a storm of refusals most sleep.
    vigils: Semaphore,
}

#[derive(Debug, Default)]
struct Learnt {
    /// Whole refusals of a wrong password of roles that have logged in. A role that a server does not have is refused
    /// some microseconds sooner, and strangers ask for such roles as often as they like.
    refusals: Ring,
    /// Refusals of roles that may not be there.
    doubtful: Ring,
    /// Logins that succeeded; what a refusal's end would have taken is a guess.
    successes: Ring,
    /// When the latest login of a role that is there was over, how it went, and whether it was refused.
    latest: Option<(Instant, RefusalTimes, bool)>,
}

impl Pace {
    pub(crate) fn role(&self, role: &[u8]) -> RoleKey {
        self.roles.key(role)
    }

    pub(crate) fn learn_refusal(&self, role: RoleKey, times: RefusalTimes) {
        let (is_there, now) = (self.roles.have(role), Instant::now());
        let mut learnt = self.learnt();
        if is_there {
            learnt.refusals.push(times);
            learnt.latest = Some((now, times, true));
            return;
        }
        learnt.doubtful.push(times);
        if let Some((seen, there, was_refused)) = learnt.latest
            && now.duration_since(seen) < ABOUT_THE_SAME_TIME
        {
            self.handicap.learn(Step::Greeting, there, times);
            self.handicap.learn(Step::Challenge, there, times);
            if was_refused {
                self.handicap.learn(Step::Verdict, there, times);
            }
        }
    }

    /// How long a server's answer to this step is held back, so that it tells nothing about the role.
    pub(crate) fn hold(&self, role: RoleKey, step: Step) -> Duration {
        self.handicap.of(step, self.roles.have(role))
    }

    /// A success says as much as a refusal about everything but the end.
    pub(crate) fn learn_success(&self, role: RoleKey, times: RefusalTimes) {
        self.roles.add(role);
        let mut learnt = self.learnt();
        learnt.successes.push(times);
        learnt.latest = Some((Instant::now(), times, false));
    }

    pub(crate) fn known_roles(&self) -> usize {
        self.roles.len()
    }

    /// The times of one of the latest logins, all of one: they hang together, as a busy moment slows down every step.
    pub(crate) fn sample(&self) -> RefusalTimes {
        let times = self.learnt().sample();
        let times = times.unwrap_or_else(RefusalTimes::guess).bounded();
        let held = |step| times.of(step) + self.handicap.of(step, true);
        RefusalTimes {
            greeting: held(Step::Greeting),
            challenge: held(Step::Challenge),
            verdict: held(Step::Verdict),
            closing: times.closing,
        }
    }

    fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Learnt {
    /// From the best, and from as many more as it takes to have enough.
    fn sample(&self) -> Option<RefusalTimes> {
        let rings = [&self.refusals, &self.successes, &self.doubtful];
        let mut count = 0;
        for ring in rings {
            if count < ENOUGH {
                count += ring.len();
            }
        }
        if count == 0 {
            return None;
        }
        let mut best_first = rings.into_iter().flat_map(Ring::iter);
        best_first.nth(rand::random_range(0..count))
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            learnt: Mutex::default(),
            roles: KnownRoles::default(),
            handicap: Handicap::default(),
            lateness: Delays::default(),
            sending: Sending::default(),
            vigils: Semaphore::const_new(VIGILS as usize),
        }
    }
}

const VIGILS: u32 = 4;
/// So many refusals show their spread without the help of successes.
const ENOUGH: usize = 64;
/// The machine is as busy as it was.
const ABOUT_THE_SAME_TIME: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

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
        let role = pace.role(b"app");
        for millis in [900, 3] {
            for _ in 0..ring::REMEMBERED {
                pace.learn_refusal(role, times(millis));
            }
        }
        assert_eq!(pace.sample(), times(3));
    }

    #[test]
    fn successes_count_only_while_there_are_few_refusals() {
        let pace = Pace::default();
        let role = pace.role(b"app");
        pace.learn_success(role, times(5));
        assert_eq!(pace.sample(), times(5));
        for _ in 0..ENOUGH {
            pace.learn_refusal(role, times(3));
        }
        assert!((0..1_000).all(|_| pace.sample() == times(3)));
    }

    #[test]
    fn roles_that_may_not_be_there_count_only_while_there_are_few_others() {
        let pace = Pace::default();
        let [app, nobody] = [&b"app\0acme"[..], b"nobody\0acme"].map(|role| pace.role(role));
        for _ in 0..ring::REMEMBERED {
            pace.learn_refusal(nobody, times(2));
        }
        assert_eq!(pace.sample(), times(2));
        for _ in 0..ENOUGH {
            pace.learn_success(app, times(5));
        }
        assert!((0..1_000).all(|_| pace.sample() == times(5)));
        for _ in 0..ENOUGH {
            pace.learn_refusal(app, times(3));
        }
        assert!((0..1_000).all(|_| pace.sample() == times(3)));
    }

    #[test]
    fn a_role_that_may_not_be_there_is_held_back_until_it_is_no_sooner() {
        let pace = Pace::default();
        let [acme, nobody] = [&b"acme"[..], b"nobody\0acme"].map(|role| pace.role(role));
        let held = |role| pace.hold(role, Step::Greeting);
        pace.learn_refusal(acme, times(3));
        for _ in 0..50 {
            pace.learn_refusal(nobody, times(2));
        }
        assert_eq!(held(nobody), Duration::from_micros(5));
        assert_eq!(held(acme), Duration::ZERO);
        pace.learn_success(nobody, times(2));
        assert_eq!(held(nobody), Duration::ZERO);
    }

    #[test]
    fn before_anything_was_learnt_the_guess_differs_from_time_to_time() {
        let pace = Pace::default();
        let [first, second] = [pace.sample(), pace.sample()];
        assert_ne!(first, second);
        assert!(first.greeting > Duration::from_micros(500));
    }
}
