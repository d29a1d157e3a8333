use super::{Lately, Pace, Phase, Sent, Steering};
use std::time::{Duration, Instant};

/// When a decoy is to say its next words, so that a client has them when it would have had a server's.
#[derive(Debug)]
pub(crate) struct Cue<'a> {
    phase: Phase,
    /// What the decoy has drawn for this step.
    drawn: Duration,
    /// How long before it is due it begins.
    lead: Duration,
    /// Strangers have a salt no sooner, whoever tells it.
    floor: Duration,
    /// What was drawn from, and what strangers saw of servers in this step; none while little is known.
    drawn_from: Option<Lately>,
    seen: Option<Lately>,
    sent: &'a Sent,
    steering: &'a Steering,
}

impl<'a> Cue<'a> {
    pub(super) fn of(pace: &'a Pace, phase: Phase, drawn: Duration) -> Self {
        let sent = pace.sending.of(phase, drawn);
        let (seen, floor) = match phase {
            Phase::Challenge => (pace.held_challenges.lately(), pace.challenge_floor()),
            _ => (pace.lately(phase), Duration::ZERO),
        };
        Self {
            phase,
            drawn,
            lead: sent.lead(),
            floor,
            drawn_from: pace.lately(phase),
            seen,
            sent,
            steering: &pace.steering[phase as usize],
        }
    }

    /// When to begin, if the client spoke then and the step counts from then on.
    pub(crate) fn start(&self, heard: Instant, turn: Instant) -> Instant {
        let due = |took| before(heard + took, self.lead);
        let start = due(self.drawn).max(turn + self.floor);
        let (Some(lately), Some(_)) = (&self.drawn_from, &self.seen) else {
            return start;
        };
        let steered = self.steering.sooner(start, lately.rank(self.drawn));
        steered.max(due(lately.quickest()))
    }

    /// The words are sent, the step took so long, and sending them so long; the decoy woke up so late if it had to wait at all.
    pub(crate) fn was_taken(&self, took: Duration, late: Option<Duration>, sending: Duration) {
        self.sent.by_a_decoy(late, sending);
        // Words that had not to wait say nothing of waiting, but an end that comes at once is one as any other.
        if let Some(servers) = &self.seen
            && (late.is_some() || self.phase == Phase::Closing)
        {
            let afterwards = self.sent.longer_afterwards();
            self.steering.learn(took + afterwards, servers);
        }
    }
}

fn before(due: Instant, lead: Duration) -> Instant {
    due.checked_sub(lead).unwrap_or(due)
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
        assert_eq!(begins(&cue), MICROS(1_000));
        let greeting = Cue::of(&pace, Phase::Greeting, MICROS(1_050));
        assert_eq!(begins(&greeting), MICROS(1_050), "each phase is its own");
    }

    #[test]
    fn words_that_had_not_to_wait_teach_nothing_except_of_ends() {
        let pace = pace();
        for (phase, sooner) in [(Phase::Verdict, 0), (Phase::Closing, 50)] {
            let cue = Cue::of(&pace, phase, MICROS(1_050));
            for _ in 0..5_000 {
                cue.was_taken(MICROS(9_000), None, Duration::ZERO);
            }
            assert_eq!(begins(&cue), MICROS(1_050 - sooner));
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
