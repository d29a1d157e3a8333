//! How long the tenants' servers take to refuse, learnt from live ones: an answer that comes before any server could
//! have given it tells that there is none.

mod refusal_times;
pub(crate) use refusal_times::{Phase, RefusalTimes, Step};
mod stopwatch;
pub(crate) use stopwatch::Stopwatch;
mod alarm;
pub(crate) use alarm::Alarm;
mod cue;
pub(crate) use cue::Cue;
mod delays;
use delays::Delays;
mod first_guess;
mod handicap;
use handicap::Handicap;
mod known_roles;
use known_roles::{KnownRoles, RoleKey};
mod lately;
use lately::Lately;
mod paces;
pub(crate) use paces::Paces;
mod ring;
use ring::Ring;
mod sending;
use sending::{Lead, Sending};
mod steering;
use steering::{Steering, Steerings};
mod survey;
use survey::{Survey, Surveys};

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// What was learnt from clients on one kind of leg, by all listeners: encryption takes time, and what comes in on a Unix
/// socket has no stamp.
#[derive(Debug)]
pub(crate) struct Pace {
    learnt: Mutex<Learnt>,
    roles: Arc<KnownRoles>,
    handicap: Handicap,
    /// How long servers took to tell the salt.
    challenges: Delays,
    /// How late tasks run after their timers went off.
    ///
    /// What was learnt from live servers has such a delay in it already, for the proxy wakes up to hear them, too. A
    /// decoy that slept until its time would have it twice.
    lateness: Delays,
    sending: Sending,
    steering: Steerings,
    surveys: Surveys,
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
    /// By tenant, the latest login of a role that is there.
    latest: HashMap<u64, Latest>,
}

#[derive(Debug)]
struct Latest {
    seen: Instant,
    times: RefusalTimes,
    was_refused: bool,
}

impl Pace {
    pub(crate) fn role(&self, role: &[u8]) -> RoleKey {
        self.roles.key(role)
    }

    pub(crate) fn learn_refusal(&self, role: RoleKey, times: RefusalTimes) {
        self.challenges.learn(times.challenge);
        let (is_there, now) = (self.roles.have(role), Instant::now());
        let mut learnt = self.learnt();
        if is_there {
            learnt.refusals.push(times);
            return learnt.seen(role, now, times, true);
        }
        learnt.doubtful.push(times);
        if let Some(latest) = learnt.latest.get(&role.tenant)
            && now.duration_since(latest.seen) < ABOUT_THE_SAME_TIME
        {
            self.handicap.learn(Step::Greeting, latest.times, times);
            if latest.was_refused {
                self.handicap.learn(Step::End, latest.times, times);
            }
        }
    }

    /// How long a server's answer to this step is held back, so that it tells nothing about the role.
    pub(crate) fn hold(&self, role: RoleKey, step: Step) -> Duration {
        self.handicap.of(step, self.roles.have(role))
    }

    /// How long after he asked a stranger is told a salt at the soonest by a server: nearly every one is ready by then.
    ///
    /// The step is so short that without it a few microseconds tell a decoy: a thread that waits for a point in time is put
    /// aside by the scheduler now and then. And because even so it may be some microseconds late, each login adds its `scatter`.
    pub(crate) fn challenge_floor(&self) -> Duration {
        let usual = self.challenges.quantile(NEARLY_ALL);
        usual.unwrap_or(FIRST_FLOOR).min(HIGHEST_FLOOR)
    }

    /// A success says as much as a refusal about everything but the end.
    pub(crate) fn learn_success(&self, role: RoleKey, times: RefusalTimes) {
        self.roles.add(role);
        self.challenges.learn(times.challenge);
        let mut learnt = self.learnt();
        learnt.successes.push(times);
        learnt.seen(role, Instant::now(), times, false);
    }

    /// How long after the proof the end of a process came lately for a role that is there, if it is known and not long ago.
    pub(crate) fn usual_end(&self, role: RoleKey) -> Option<Duration> {
        let learnt = self.learnt();
        let latest = learnt.latest.get(&role.tenant)?;
        latest.was_refused.then(|| latest.times.of(Step::End))
    }

    /// The times of one of the latest logins, all of one: they hang together, as a busy moment slows down every step.
    pub(crate) fn sample(&self) -> Option<RefusalTimes> {
        let learnt = self.learnt();
        let latest = learnt.best().take(OF_THE_MOMENT);
        let any = rand::random_range(0..latest.clone().count().max(1));
        let (times, is_there) = latest.clone().nth(any)?;
        Some(self.as_told(times, is_there))
    }

    /// When a decoy that has drawn these times is to say what comes next.
    pub(crate) fn cue(&self, phase: Phase, drawn: &RefusalTimes) -> Cue<'_> {
        // A greeting is the longest step.
        let survey = match phase {
            Phase::Greeting => self.surveys.fresh(self),
            _ => self.surveys.latest(self),
        };
        Cue::of(self, survey, phase, drawn)
    }

    fn told(&self) -> Vec<RefusalTimes> {
        let learnt = self.learnt();
        let best = learnt.best();
        best.map(|(times, is_there)| self.as_told(times, is_there))
            .collect()
    }

    fn as_told(&self, times: RefusalTimes, is_there: bool) -> RefusalTimes {
        let hold = |step| self.handicap.of(step, is_there);
        times.bounded().held(hold)
    }

    fn learnt(&self) -> MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Learnt {
    /// The best, and as many more as it takes to have enough; and whether their role is there.
    fn best(&self) -> impl Iterator<Item = (RefusalTimes, bool)> + Clone {
        let rings = [
            (&self.refusals, true),
            (&self.successes, true),
            (&self.doubtful, false),
        ];
        let mut count = 0;
        for (ring, _) in rings {
            if count < ENOUGH {
                count += ring.len();
            }
        }
        let best_first = rings.into_iter();
        let best_first =
            best_first.flat_map(|(ring, is_there)| ring.iter().map(move |times| (times, is_there)));
        best_first.take(count)
    }

    /// Forgets all when there are too many: the next login of each is soon there.
    fn seen(&mut self, role: RoleKey, seen: Instant, times: RefusalTimes, was_refused: bool) {
        if self.latest.len() >= MOST_TENANTS && !self.latest.contains_key(&role.tenant) {
            self.latest.clear();
        }
        let latest = Latest {
            seen,
            times,
            was_refused,
        };
        self.latest.insert(role.tenant, latest);
    }
}

impl Pace {
    fn of_roles(roles: &Arc<KnownRoles>) -> Self {
        Self {
            learnt: Mutex::default(),
            roles: Arc::clone(roles),
            handicap: Handicap::default(),
            challenges: Delays::default(),
            lateness: Delays::default(),
            sending: Sending::default(),
            steering: Steerings::default(),
            surveys: Surveys::default(),
            vigils: Semaphore::const_new(VIGILS as usize),
        }
    }
}

const VIGILS: u32 = 4;
/// So many refusals show their spread without the help of successes.
const ENOUGH: usize = 64;
/// A machine is now quicker, now slower: among more refusals than these who compares attempts of one moment would tell decoys.
/// Enough to show their spread.
const OF_THE_MOMENT: usize = 40;
/// Of a hundred servers.
const NEARLY_ALL: usize = 95;
/// As measured with `PostgreSQL` 18.6 on two virtual processors.
const FIRST_FLOOR: Duration = Duration::from_micros(150);
/// What every login of a stranger may take longer, however slow servers are.
const HIGHEST_FLOOR: Duration = Duration::from_micros(300);
/// How much later a stranger is told a salt, anew for each login, at a live server or not: what decoys are late is lost in it.
fn scatter() -> Duration {
    rand::random_range(Duration::ZERO..WIDEST_SCATTER)
}

/// Some thirty times as much as decoys were late.
const WIDEST_SCATTER: Duration = Duration::from_micros(200);
/// The machine is as busy as it was.
const ABOUT_THE_SAME_TIME: Duration = Duration::from_secs(10);
const MOST_TENANTS: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn times(millis: u64) -> RefusalTimes {
        let step = Duration::from_millis(millis);
        RefusalTimes {
            greeting: step,
            challenge: step,
            past_floor: step,
            verdict: step,
            closing: step,
        }
    }

    fn pace() -> Pace {
        Pace::of_roles(&Arc::default())
    }

    /// As a decoy has them: the salt of a role that is there is held back.
    fn held(millis: u64) -> RefusalTimes {
        let handicap = Handicap::default();
        times(millis).held(|step| handicap.of(step, true))
    }

    #[test]
    fn a_sample_is_one_of_the_latest_as_a_whole() {
        let pace = pace();
        let role = pace.role(b"app");
        for (millis, count) in [(900, ring::REMEMBERED), (3, OF_THE_MOMENT)] {
            for _ in 0..count {
                pace.learn_refusal(role, times(millis));
            }
        }
        assert!((0..1_000).all(|_| pace.sample() == Some(held(3))));
    }

    #[test]
    fn successes_count_only_while_there_are_few_refusals() {
        let pace = pace();
        let role = pace.role(b"app");
        pace.learn_success(role, times(5));
        assert_eq!(pace.sample(), Some(held(5)));
        for _ in 0..ENOUGH {
            pace.learn_refusal(role, times(3));
        }
        assert!((0..1_000).all(|_| pace.sample() == Some(held(3))));
    }

    #[test]
    fn roles_that_may_not_be_there_count_only_while_there_are_few_others() {
        let pace = pace();
        let [app, nobody] = [&b"app\0acme"[..], b"nobody\0acme"].map(|role| pace.role(role));
        for _ in 0..ring::REMEMBERED {
            pace.learn_refusal(nobody, times(2));
        }
        let handicap = Handicap::default();
        let doubtful = times(2).held(|step| handicap.of(step, false));
        assert_eq!(pace.sample(), Some(doubtful));
        for _ in 0..ENOUGH {
            pace.learn_success(app, times(5));
        }
        assert!((0..1_000).all(|_| pace.sample() == Some(held(5))));
        for _ in 0..ENOUGH {
            pace.learn_refusal(app, times(3));
        }
        assert!((0..1_000).all(|_| pace.sample() == Some(held(3))));
    }

    #[test]
    fn a_role_that_may_not_be_there_is_held_back_until_it_is_no_sooner() {
        let pace = pace();
        let [acme, nobody, other] =
            [&b"acme"[..], b"nobody\0acme", b"nobody\0other"].map(|role| pace.role(role));
        let held = |role| pace.hold(role, Step::Greeting);
        let before = held(nobody);
        pace.learn_refusal(acme, times(3));
        pace.learn_refusal(other, times(2));
        assert_eq!(held(nobody), before, "another tenant's tells nothing");
        for _ in 0..50 {
            pace.learn_refusal(nobody, times(2));
        }
        assert_eq!(held(nobody), before + Duration::from_micros(5));
        assert_eq!(held(acme), Duration::ZERO);
        pace.learn_success(nobody, times(2));
        assert_eq!(held(nobody), Duration::ZERO);
    }

    #[test]
    fn a_salt_is_told_when_nearly_every_server_is_ready_and_not_much_later() {
        let pace = pace();
        let role = pace.role(b"app");
        let learn = |micros: u64| {
            let challenge = Duration::from_micros(micros);
            pace.learn_refusal(
                role,
                RefusalTimes {
                    challenge,
                    ..times(1)
                },
            );
        };
        assert_eq!(pace.challenge_floor(), FIRST_FLOOR);
        for micros in 1..=100 {
            learn(micros);
        }
        let floor = pace.challenge_floor();
        assert!(
            floor > Duration::from_micros(90) && floor < Duration::from_micros(100),
            "{floor:?}"
        );
        for _ in 0..100 {
            learn(90_000);
        }
        assert_eq!(pace.challenge_floor(), HIGHEST_FLOOR);
    }

    #[test]
    fn of_many_tenants_some_are_forgotten() {
        let pace = pace();
        for number in 0..=MOST_TENANTS {
            pace.learn_success(pace.role(number.to_string().as_bytes()), times(1));
        }
        assert!(pace.learnt().latest.len() <= MOST_TENANTS);
    }
}
