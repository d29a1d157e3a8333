use super::{Lately, Lead, Pace, Phase, RefusalTimes, Steering, Survey, scatter};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// When a decoy is to say its next words, so that a client has them when it would have had a server's.
#[derive(Debug)]
pub(crate) struct Cue<'a> {
    pace: &'a Pace,
    survey: Arc<Survey>,
    phase: Phase,
    /// What the decoy has drawn for this step.
    drawn: Duration,
    /// From when on that counts: a salt is told by nobody before.
    floor: Duration,
    begins_after: Duration,
}

impl<'a> Cue<'a> {
    pub(super) fn of(
        pace: &'a Pace,
        survey: Arc<Survey>,
        phase: Phase,
        drawn: &RefusalTimes,
    ) -> Self {
        let drawn = drawn.in_phase(phase);
        let floor = match phase {
            Phase::Challenge => pace.challenge_floor() + scatter(),
            _ => Duration::ZERO,
        };
        let begins_after = Duration::ZERO;
        let mut cue = Self {
            pace,
            survey,
            phase,
            drawn,
            floor,
            begins_after,
        };
        let due_after = floor + cue.aim() + cue.heard_before();
        cue.begins_after = due_after.saturating_sub(cue.lead().before_it_is_due);
        cue
    }

    /// When to begin, if the step counts from then on.
    pub(crate) fn start(&self, turn: Instant) -> Instant {
        turn + self.begins_after
    }

    /// The same for the end of a decoy that has drawn these times.
    pub(crate) fn of_the_end(&self, drawn: &RefusalTimes) -> Self {
        Self::of(self.pace, Arc::clone(&self.survey), Phase::Closing, drawn)
    }

    /// The times with which a decoy goes on whose words are about to be sent, when the step has taken so long: those of the server
    /// that it is most like.
    ///
    /// A thread is put aside where the machine is busy, and there a server's next step takes longer, too. And a verdict that comes
    /// sooner or later than was drawn belongs with another end: some servers are heard to end with the error, and
    /// those are not the ones whose verdict is soon there.
    ///
    /// None when it took about as long as was drawn: all steps of that server hang together.
    pub(crate) fn nearest(&self, took: Duration) -> Option<RefusalTimes> {
        let took = took + self.lead().before_it_is_due;
        let (_, beside) = self.steered()?;
        let is_as_drawn = beside.are_alike(took, self.drawn);
        (!is_as_drawn).then(|| self.survey.nearest(self.phase, took).copied())?
    }

    /// The words are sent, the step took so long, and sending them so long; the decoy began so late if it had to wait at all.
    pub(crate) fn was_taken(&self, took: Duration, late: Option<Duration>, sending: Duration) {
        let sent = self.pace.sending.of(self.phase, self.drawn);
        sent.by_a_decoy(late, sending);
        if let Some((by, beside)) = self.steered() {
            let took = took + self.lead().longer_afterwards;
            by.learn(
                took.saturating_sub(self.floor + self.heard_before()),
                beside,
            );
        }
    }

    fn aim(&self) -> Duration {
        match self.steered() {
            Some((by, beside)) => by.aim(self.drawn, beside),
            None => self.drawn,
        }
    }

    fn lead(&self) -> &Lead {
        self.survey.lead(self.phase, self.drawn)
    }

    /// How much sooner than a decoy's a client has a server's words from which on this step counts: those that he does not answer.
    fn heard_before(&self) -> Duration {
        match self.phase {
            Phase::Closing => {
                let words = self.survey.lead(Phase::Verdict, Duration::ZERO);
                words.longer_afterwards
            }
            _ => Duration::ZERO,
        }
    }

    /// What goes for this step, and the servers beside which it is steered. None while little is known.
    fn steered(&self) -> Option<(&'a Steering, &Lately)> {
        let (steering, survey) = (&self.pace.steering, &*self.survey);
        let (by, beside) = match self.phase {
            Phase::Greeting => (&steering.greeting, &survey.greeting),
            Phase::Challenge => (&steering.challenge, &survey.challenge),
            Phase::Verdict => (&steering.verdict, &survey.verdict),
            Phase::Closing if RefusalTimes::ends_at_once(self.drawn) => {
                (&steering.end_at_once, &survey.end_at_once)
            }
            Phase::Closing => (&steering.end_later, &survey.end_later),
        };
        beside.as_ref().map(|beside| (by, beside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::WIDEST_SCATTER;

    const MICROS: fn(u64) -> Duration = Duration::from_micros;

    /// Has seen some refusals, every one of them four microseconds slower in each step.
    fn pace() -> Pace {
        let pace = Pace::of_roles(&Arc::default());
        learn(&pace, (1_000..=1_100).step_by(4).map(MICROS).map(all));
        pace
    }

    fn learn(pace: &Pace, refusals: impl Iterator<Item = RefusalTimes>) {
        refusals.for_each(|times| pace.learn_refusal(pace.role(b"acme"), times));
    }

    fn all(took: Duration) -> RefusalTimes {
        RefusalTimes {
            greeting: took,
            challenge: took,
            past_floor: took,
            verdict: took,
            closing: took,
        }
    }

    /// By a survey of this moment.
    fn cue(pace: &Pace, phase: Phase, drawn: RefusalTimes) -> Cue<'_> {
        Cue::of(pace, Arc::new(Survey::of(pace)), phase, &drawn)
    }

    /// A salt from its floor on.
    fn begins(pace: &Pace, phase: Phase, drawn: RefusalTimes) -> Duration {
        let cue = cue(pace, phase, drawn);
        cue.begins_after.checked_sub(cue.floor).unwrap()
    }

    #[test]
    fn decoys_that_come_late_begin_sooner_but_not_before_the_quickest_server() {
        for (phase, other) in [
            (Phase::Greeting, Phase::Challenge),
            (Phase::Challenge, Phase::Verdict),
            (Phase::Verdict, Phase::Closing),
            (Phase::Closing, Phase::Greeting),
        ] {
            let pace = pace();
            let begins = |phase, micros| begins(&pace, phase, all(MICROS(micros)));
            assert_eq!(begins(phase, 1_050), MICROS(1_050));
            let come_late = |times: usize| {
                let cue = cue(&pace, phase, all(MICROS(1_050)));
                (0..times).for_each(|_| cue.was_taken(MICROS(9_000), None, Duration::ZERO));
            };
            come_late(50);
            let sooner = begins(phase, 1_050);
            assert!(
                sooner > MICROS(1_000) && sooner < MICROS(1_050),
                "{sooner:?}"
            );
            come_late(5_000);
            assert_eq!(begins(phase, 1_010), MICROS(1_000));
            assert_eq!(begins(other, 1_050), MICROS(1_050), "each is its own");
        }
    }

    #[test]
    fn a_salt_is_told_so_long_after_the_floor_of_the_moment() {
        let pace = pace();
        let drawn = all(MICROS(1_052));
        let mut latest = pace.challenge_floor();
        for usual in [latest, latest / 3] {
            (0..64).for_each(|_| pace.challenges.learn(usual));
            latest = pace.challenge_floor();
            assert_eq!(latest, usual);
            let cues = || (0..1_000).map(|_| cue(&pace, Phase::Challenge, drawn));
            let later = cues().map(|cue| cue.floor.checked_sub(usual).unwrap());
            assert!(later.clone().all(|later| later < WIDEST_SCATTER));
            assert!(later.max() > Some(WIDEST_SCATTER / 2), "anew for each");
            let due = |cue: &Cue<'_>| cue.floor + MICROS(1_052);
            let distance = |cue: Cue<'_>| cue.begins_after.abs_diff(due(&cue));
            assert!(cues().map(distance).max() < Some(MICROS(1)));
        }
    }

    #[test]
    fn an_end_with_the_error_and_one_behind_it_are_steered_each_by_itself() {
        let pace = pace();
        let at_once = |closing: u64| RefusalTimes {
            closing: MICROS(closing),
            ..all(MICROS(1_000))
        };
        learn(&pace, (10..90).map(at_once));
        for drawn in [at_once(50), all(MICROS(1_050))] {
            let others = begins(&pace, Phase::Closing, all(MICROS(1_090)));
            let cue = cue(&pace, Phase::Closing, drawn);
            assert_eq!(cue.begins_after, drawn.closing);
            (0..100).for_each(|_| cue.was_taken(MICROS(9_000), None, Duration::ZERO));
            assert!(begins(&pace, Phase::Closing, drawn) < drawn.closing);
            let is_later = !drawn.end_at_once();
            let now = begins(&pace, Phase::Closing, all(MICROS(1_090)));
            assert_eq!(now < others, is_later);
        }
    }

    #[test]
    fn who_takes_longer_than_it_has_drawn_goes_on_as_who_takes_that_long() {
        let pace = pace();
        let drawn = all(MICROS(1_020));
        for (took, like) in [(1_077, 1_076), (5, 1_000), (9_000, 1_100)] {
            let cue = cue(&pace, Phase::Verdict, drawn);
            let goes_on = cue.nearest(MICROS(took)).unwrap();
            assert_eq!(goes_on, all(MICROS(like)));
            let ends = cue.of_the_end(&goes_on).begins_after;
            assert!(ends.abs_diff(MICROS(like)) < MICROS(1), "{ends:?}");
        }
        let nobody = Pace::of_roles(&Arc::default());
        assert_eq!(cue(&nobody, Phase::Verdict, drawn).nearest(MICROS(1)), None);
    }

    #[test]
    fn who_takes_about_as_long_as_it_has_drawn_goes_on_as_it_has_begun() {
        let pace = pace();
        let cue = cue(&pace, Phase::Greeting, all(MICROS(1_020)));
        // The middle half are within 50.
        for (took, goes_on) in [(1_006, false), (1_009, true), (1_031, true), (1_034, false)] {
            assert_eq!(cue.nearest(MICROS(took)).is_none(), goes_on, "{took}");
        }
    }

    #[test]
    fn an_end_counts_from_when_a_client_would_have_had_a_servers_error() {
        let pace = pace();
        let drawn = all(MICROS(1_050));
        let begun = || begins(&pace, Phase::Closing, drawn);
        assert_eq!(begun(), MICROS(1_050));
        let verdict = pace.sending.of(Phase::Verdict, Duration::ZERO);
        verdict.by_a_decoy(None, MICROS(20));
        verdict.for_servers.learn(MICROS(40));
        assert_eq!(begun(), MICROS(1_056));
        // So late, it is as late as the others.
        let cue = cue(&pace, Phase::Closing, drawn);
        (0..50).for_each(|_| cue.was_taken(MICROS(1_056), None, Duration::ZERO));
        assert!(begun().abs_diff(MICROS(1_056)) < MICROS(2), "{:?}", begun());
    }

    #[test]
    fn a_decoy_begins_as_much_sooner_as_sending_takes() {
        let pace = pace();
        let drawn = all(MICROS(1_050));
        let cue = cue(&pace, Phase::Verdict, drawn);
        cue.was_taken(MICROS(1_050), Some(MICROS(3)), MICROS(20));
        let begun = begins(&pace, Phase::Verdict, drawn);
        assert!(begun.abs_diff(MICROS(1_027)) < MICROS(1), "{begun:?}");
    }
}
