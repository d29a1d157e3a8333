use super::{RefusalTimes, Step};
use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::Duration,
};

/// How much sooner servers answer for a role that they do not have, by step; less than nothing where they take longer.
///
/// `PostgreSQL` has less to look up for such a role. The quicker answer is held back by the difference, some microseconds, so that
/// the clock does not tell which roles there are.
///
/// At first it is what it was with `PostgreSQL` 18.6 on two virtual processors.
#[derive(Debug)]
pub(super) struct Handicap([AtomicI64; 2]);

impl Handicap {
    /// Learns from two logins of about the same time, one of a role that is there and one of a role that may not be:
    /// a little each time, until either is as often the first.
    pub(super) fn learn(&self, step: Step, there: RefusalTimes, doubtful: RefusalTimes) {
        let nanos = &self.0[step as usize];
        let (lead, [there, doubtful]) = (
            nanos.load(Relaxed),
            [there, doubtful].map(|times| signed(times.of(step))),
        );
        let is_first = doubtful.saturating_add(lead) < there;
        let next = lead + if is_first { STRIDE } else { -STRIDE };
        nanos.store(next.clamp(-LONGEST_FOR_ALL, LONGEST), Relaxed);
    }

    /// How long the answer to this step is held back for a role that is there, or for one that may not be.
    pub(super) fn of(&self, step: Step, is_there: bool) -> Duration {
        let lead = self.0[step as usize].load(Relaxed);
        let hold = if is_there { -lead } else { lead };
        Duration::from_nanos(hold.max(0).unsigned_abs())
    }
}

impl Default for Handicap {
    fn default() -> Self {
        Self(MEASURED.map(AtomicI64::new))
    }
}

fn signed(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// Nanoseconds, as all of these.
const MEASURED: [i64; 2] = [13_000, 10_000];
const STRIDE: i64 = 100;
/// What a stranger who asks for roles that are not there may be held back.
const LONGEST: i64 = 50_000;
/// What he can make everybody else be held back.
const LONGEST_FOR_ALL: i64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn greeted_after(micros: u64) -> RefusalTimes {
        RefusalTimes {
            greeting: Duration::from_micros(micros),
            challenge: Duration::ZERO,
            past_floor: Duration::ZERO,
            verdict: Duration::ZERO,
            closing: Duration::ZERO,
        }
    }

    #[test]
    fn the_quicker_is_held_back_by_the_difference_and_not_for_long() {
        for (there, doubtful, held_there, held_doubtful) in [
            (800, 780, 0, 20),
            (75, 79, 4, 0),
            (900, 100, 0, 50),
            (100, 900, 10, 0),
        ] {
            let handicap = Handicap::default();
            for _ in 0..2_000 {
                handicap.learn(
                    Step::Greeting,
                    greeted_after(there),
                    greeted_after(doubtful),
                );
            }
            for (is_there, held) in [(true, held_there), (false, held_doubtful)] {
                let hold = handicap.of(Step::Greeting, is_there);
                let distance = hold.abs_diff(Duration::from_micros(held));
                assert!(
                    distance <= Duration::from_nanos(STRIDE.unsigned_abs()),
                    "{hold:?}"
                );
            }
        }
    }
}
