use super::{Lately, Pace, Phase, RefusalTimes, Sent, Steering};
use std::time::{Duration, Instant};

/// When a decoy is to say its next words, so that a client has them when it would have had a server's.
#[derive(Debug)]
pub(crate) struct Cue<'a> {
    pace: &'a Pace,
    phase: Phase,
    /// What the decoy has drawn for this step.
    drawn: Duration,
    steered: Option<Steered<'a>>,
    sent: &'a Sent,
    /// How long before it is due it begins.
    lead: Duration,
    /// How much longer than its own a client has had a server's words when they count as sent.
    longer_afterwards: Duration,
}

#[derive(Debug)]
struct Steered<'a> {
    by: &'a Steering,
    beside: Lately,
}

impl<'a> Cue<'a> {
    pub(super) fn of(pace: &'a Pace, phase: Phase, drawn: &RefusalTimes) -> Self {
        let took = drawn.in_phase(phase);
        let sent = pace.sending.of(phase, took);
        Self {
            pace,
            phase,
            drawn: took,
            steered: Steered::of(pace, phase, drawn),
            sent,
            lead: sent.lead(),
            longer_afterwards: sent.longer_afterwards(),
        }
    }

    pub(super) fn with_drawn(self, drawn: Duration) -> Self {
        Self { drawn, ..self }
    }

    /// When to begin, if the client spoke then and the step counts from then on.
    pub(crate) fn start(&self, heard: Instant, turn: Instant) -> Instant {
        let aim = |steered: &Steered<'_>| steered.by.aim(self.drawn, &steered.beside);
        let due = heard + self.steered.as_ref().map_or(self.drawn, aim);
        let start = due.checked_sub(self.lead).unwrap_or(due);
        if self.phase == Phase::Challenge {
            let soonest = turn + self.pace.challenge_floor();
            return self.pace.trim.sooner(start.max(soonest));
        }
        start
    }

    /// What a server's step would count as whose words the client had when it had the decoy's.
    pub(crate) fn as_a_server(&self, took: Duration) -> Duration {
        took + self.longer_afterwards
    }

    /// The words are sent, the step took so long, and sending them so long; the decoy woke up so late if it had to wait at all.
    pub(crate) fn was_taken(&self, took: Duration, late: Option<Duration>, sending: Duration) {
        self.sent.by_a_decoy(late, sending);
        // One that did not have to wait says nothing of waiting, and counts as if it had been in time: those that did have to
        // are not all.
        let took = match late {
            Some(_) => self.as_a_server(took),
            None => self.drawn,
        };
        if let Some(Steered { by, beside }) = &self.steered {
            by.learn(took, beside);
        }
        if self.phase == Phase::Challenge
            && late.is_some()
            && let Some(server) = self.pace.held_challenges.sample()
        {
            self.pace.trim.learn(took, server);
        }
    }
}

impl<'a> Steered<'a> {
    /// None while little is known. Most salts are told at one time, and an end at once cannot be sooner.
    fn of(pace: &'a Pace, phase: Phase, drawn: &RefusalTimes) -> Option<Self> {
        let steering = &pace.steering;
        let (by, beside) = match phase {
            Phase::Greeting => (&steering.greeting, pace.lately(phase, |_| true)),
            Phase::Challenge => {
                let floor = pace.challenge_floor();
                if drawn.challenge <= floor {
                    return None;
                }
                let beside = pace.lately(phase, |times| times.challenge > floor);
                (&steering.challenge, beside)
            }
            Phase::Verdict => (&steering.verdict, pace.lately(phase, |_| true)),
            Phase::Closing if drawn.end_at_once() => return None,
            Phase::Closing => {
                let beside = pace.lately(phase, |times| !times.end_at_once());
                (&steering.end, beside)
            }
        };
        let beside = beside?;
        Some(Self { by, beside })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const MICROS: fn(u64) -> Duration = Duration::from_micros;

    /// Has seen a hundred refusals, every one of them a microsecond slower in each step.
    fn pace() -> Pace {
        let pace = Pace::of_roles(&Arc::default());
        let role = pace.role(b"acme");
        for took in (1_000..1_100).map(MICROS) {
            pace.learn_refusal(role, all(took));
        }
        pace
    }

    /// Of a decoy that has drawn the same for each step.
    fn cue(pace: &Pace, phase: Phase, took: Duration) -> Cue<'_> {
        Cue::of(pace, phase, &all(took))
    }

    fn all(took: Duration) -> RefusalTimes {
        RefusalTimes {
            greeting: took,
            challenge: took,
            verdict: took,
            closing: took,
        }
    }

    fn begins(cue: &Cue<'_>) -> Duration {
        let now = Instant::now();
        cue.start(now, now).duration_since(now)
    }

    #[test]
    fn decoys_that_come_late_begin_sooner_but_not_before_the_quickest_server() {
        let pace = pace();
        let one = cue(&pace, Phase::Verdict, MICROS(1_050));
        assert_eq!(begins(&one), MICROS(1_050));
        let learn = |times: usize| {
            for _ in 0..times {
                one.was_taken(MICROS(9_000), Some(Duration::ZERO), Duration::ZERO);
            }
        };
        learn(50);
        let sooner = begins(&one);
        assert!(
            sooner > MICROS(1_000) && sooner < MICROS(1_050),
            "{sooner:?}"
        );
        learn(5_000);
        let quickest = cue(&pace, Phase::Verdict, MICROS(1_010));
        assert_eq!(begins(&quickest), MICROS(1_000));
        let greeting = cue(&pace, Phase::Greeting, MICROS(1_050));
        assert_eq!(begins(&greeting), MICROS(1_050), "each phase is its own");
    }

    #[test]
    fn words_that_had_not_to_wait_count_as_in_time() {
        let pace = pace();
        for drawn in (1_000..1_100).cycle().take(5_000) {
            let one = cue(&pace, Phase::Verdict, MICROS(drawn));
            one.was_taken(MICROS(9_000), None, Duration::ZERO);
        }
        let begun = begins(&cue(&pace, Phase::Verdict, MICROS(1_050)));
        assert!(begun.abs_diff(MICROS(1_050)) < MICROS(5), "{begun:?}");
    }

    #[test]
    fn an_end_at_once_is_not_steered() {
        let pace = pace();
        for (drawn, is_steered) in [(50, false), (1_050, true)] {
            let one = cue(&pace, Phase::Closing, MICROS(drawn));
            for _ in 0..100 {
                one.was_taken(MICROS(9_000), Some(Duration::ZERO), Duration::ZERO);
            }
            assert_eq!(begins(&one) != MICROS(drawn), is_steered);
        }
    }

    #[test]
    fn a_salt_waits_for_nearly_every_server() {
        let pace = pace();
        let one = cue(&pace, Phase::Challenge, MICROS(10));
        assert_eq!(begins(&one), pace.challenge_floor());
        let slow = cue(&pace, Phase::Challenge, MICROS(1_090));
        assert_eq!(begins(&slow), MICROS(1_090));
    }

    #[test]
    fn decoys_of_each_kind_stay_among_their_own() {
        let pace = pace();
        let role = pace.role(b"acme");
        let quick = RefusalTimes {
            closing: MICROS(5),
            ..all(MICROS(200))
        };
        for _ in 0..100 {
            pace.learn_refusal(role, quick);
        }
        for drawn in [all(MICROS(1_050)), quick] {
            let cue = Cue::of(&pace, Phase::Verdict, &drawn);
            for _ in 0..5_000 {
                cue.was_taken(MICROS(9_000), Some(Duration::ZERO), Duration::ZERO);
            }
            let (begun, drawn) = (begins(&cue), drawn.verdict);
            assert!(begun <= drawn && begun + MICROS(51) > drawn, "{begun:?}");
        }
    }
}
