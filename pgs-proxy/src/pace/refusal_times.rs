use std::time::Duration;

/// How long a server took for each step of one login, from the client's words to its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefusalTimes {
    /// From the startup packet to the request for a password; reaching the server is in it.
    pub(crate) greeting: Duration,
    /// From the client's first SCRAM message to the salt.
    pub(crate) challenge: Duration,
    /// How much later than the floor of that time a stranger had it.
    pub(crate) past_floor: Duration,
    /// From the proof to the error.
    pub(crate) verdict: Duration,
    /// From the error to the end of the connection.
    pub(crate) closing: Duration,
}

/// What a server is awaited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Greeting,
    Challenge,
    Verdict,
    Closing,
}

/// What a server does sooner or later by whether it has the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Greeting,
    /// Its process has ended: from the proof, with the error in between.
    End,
}

impl RefusalTimes {
    pub(super) fn in_phase(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Greeting => self.greeting,
            Phase::Challenge => self.past_floor,
            Phase::Verdict => self.verdict,
            Phase::Closing => self.closing,
        }
    }

    pub(super) fn of(&self, step: Step) -> Duration {
        match step {
            Step::Greeting => self.greeting,
            Step::End => self.verdict + self.closing,
        }
    }

    /// Whether the end came with the error.
    pub(super) fn end_at_once(&self) -> bool {
        Self::ends_at_once(self.closing)
    }

    pub(super) fn ends_at_once(closing: Duration) -> bool {
        closing < AT_ONCE
    }

    /// The same, held back so long in each step.
    pub(super) fn held(self, hold: impl Fn(Step) -> Duration) -> Self {
        let end = hold(Step::End);
        let ends_at_once = self.end_at_once();
        Self {
            greeting: self.greeting + hold(Step::Greeting),
            challenge: self.challenge,
            past_floor: self.past_floor,
            verdict: self.verdict + if ends_at_once { end } else { Duration::ZERO },
            closing: self.closing + if ends_at_once { Duration::ZERO } else { end },
        }
    }

    /// The same, but none longer than anybody has to wait for a refusal.
    pub(super) fn bounded(self) -> Self {
        Self {
            greeting: self.greeting.min(LONGEST),
            challenge: self.challenge.min(LONGEST),
            past_floor: self.past_floor.min(LONGEST),
            verdict: self.verdict.min(LONGEST),
            closing: self.closing.min(LONGEST),
        }
    }
}

const LONGEST: Duration = Duration::from_secs(1);
/// A server ends within some ten microseconds after its verdict, as the proxy sees it, or some hundreds: the proxy's processor
/// may have been the server's in between.
pub(super) const AT_ONCE: Duration = Duration::from_micros(100);
