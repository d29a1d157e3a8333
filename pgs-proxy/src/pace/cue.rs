use super::{Lately, Pace, Phase, Sent, refusal_times::AT_ONCE};
use std::time::{Duration, Instant};

/// When a decoy is to say its next words, so that a client has them when it would have had a server's.
#[derive(Debug)]
pub(crate) struct Cue<'a> {
    pace: &'a Pace,
    phase: Phase,
    /// What the decoy has drawn for this step.
    drawn: Duration,
    /// What that was drawn from; none while little is known.
    servers: Option<Lately>,
    sent: &'a Sent,
    /// How long before it is due it begins.
    lead: Duration,
}

impl<'a> Cue<'a> {
    pub(super) fn of(pace: &'a Pace, phase: Phase, drawn: Duration) -> Self {
        let sent = pace.sending.of(phase, drawn);
        // Salts are told at one time, and an end that comes at once cannot be delayed.
        let is_steered = match phase {
            Phase::Greeting | Phase::Verdict => true,
            Phase::Challenge => false,
            Phase::Closing => drawn >= AT_ONCE,
        };
        Self {
            pace,
            phase,
            drawn,
            servers: is_steered.then(|| pace.lately(phase)).flatten(),
            sent,
            lead: sent.lead(),
        }
    }

    /// When to begin, if the client spoke then and the step counts from then on.
    pub(crate) fn start(&self, heard: Instant, turn: Instant) -> Instant {
        let steering = &self.pace.steering[self.phase as usize];
        let took = match &self.servers {
            Some(servers) => steering.aim(self.drawn, servers),
            None => self.drawn,
        };
        let due = heard + took;
        let start = due.checked_sub(self.lead).unwrap_or(due);
        if self.phase == Phase::Challenge {
            let soonest = turn + self.pace.challenge_floor();
            return self.pace.trim.sooner(start.max(soonest));
        }
        start
    }

    /// The words are sent, the step took so long, and sending them so long; the decoy woke up so late if it had to wait at all.
    pub(crate) fn was_taken(&self, took: Duration, late: Option<Duration>, sending: Duration) {
        self.sent.by_a_decoy(late, sending);
        // One that did not have to wait says nothing of waiting, and counts as if it had been in time: those that did have to
        // are not all.
        let took = match late {
            Some(_) => took + self.sent.longer_afterwards(),
            None => self.drawn,
        };
        if let Some(servers) = &self.servers {
            self.pace.steering[self.phase as usize].learn(took, servers);
        }
        if self.phase == Phase::Challenge
            && late.is_some()
            && let Some(server) = self.pace.held_challenges.sample()
        {
            self.pace.trim.learn(took, server);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::RefusalTimes;
    use std::sync::Arc;

    const MICROS: fn(u64) -> Duration = Duration::from_micros;

    /// Has seen a hundred refusals, every one of them a microsecond slower in each step.
    fn pace() -> Pace {
        let pace = Pace::of_roles(&Arc::default());
        let role = pace.role(b"acme");
        for took in (1_000..1_100).map(MICROS) {
            let times = RefusalTimes {
                greeting: took,
                challenge: took,
                verdict: took,
                closing: took,
            };
            pace.learn_refusal(role, times);
        }
        pace
    }

    fn begins(cue: &Cue<'_>) -> Duration {
        let now = Instant::now();
        cue.start(now, now).duration_since(now)
    }

    #[test]
    fn decoys_that_come_late_begin_sooner_but_not_before_the_quickest_server() {
        let pace = pace();
        let cue = Cue::of(&pace, Phase::Verdict, MICROS(1_050));
        assert_eq!(begins(&cue), MICROS(1_050));
        let learn = |times: usize| {
            for _ in 0..times {
                cue.was_taken(MICROS(9_000), Some(Duration::ZERO), Duration::ZERO);
            }
        };
        learn(50);
        let sooner = begins(&cue);
        assert!(
            sooner > MICROS(1_000) && sooner < MICROS(1_050),
            "{sooner:?}"
        );
        learn(5_000);
        let quickest = Cue::of(&pace, Phase::Verdict, MICROS(1_010));
        assert_eq!(begins(&quickest), MICROS(1_000));
        let greeting = Cue::of(&pace, Phase::Greeting, MICROS(1_050));
        assert_eq!(begins(&greeting), MICROS(1_050), "each phase is its own");
    }

    #[test]
    fn words_that_had_not_to_wait_count_as_in_time() {
        let pace = pace();
        for drawn in (1_000..1_100).cycle().take(5_000) {
            let cue = Cue::of(&pace, Phase::Verdict, MICROS(drawn));
            cue.was_taken(MICROS(9_000), None, Duration::ZERO);
        }
        let begun = begins(&Cue::of(&pace, Phase::Verdict, MICROS(1_050)));
        assert!(begun.abs_diff(MICROS(1_050)) < MICROS(5), "{begun:?}");
    }

    #[test]
    fn an_end_at_once_is_not_steered() {
        let pace = pace();
        for (drawn, is_steered) in [(50, false), (1_050, true)] {
            let cue = Cue::of(&pace, Phase::Closing, MICROS(drawn));
            for _ in 0..100 {
                cue.was_taken(MICROS(9_000), Some(Duration::ZERO), Duration::ZERO);
            }
            assert_eq!(begins(&cue) != MICROS(drawn), is_steered);
        }
    }

    #[test]
    fn a_salt_waits_for_nearly_every_server() {
        let pace = pace();
        let cue = Cue::of(&pace, Phase::Challenge, MICROS(10));
        assert_eq!(begins(&cue), pace.challenge_floor());
        let slow = Cue::of(&pace, Phase::Challenge, MICROS(1_090));
        assert_eq!(begins(&slow), MICROS(1_090));
    }
}
