use std::time::Duration;

/// How long a server took for each step of one login, from the client's words to its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefusalTimes {
    /// From the startup packet to the request for a password; reaching the server is in it.
    pub(crate) greeting: Duration,
    /// From the client's first SCRAM message to the salt.
    pub(crate) challenge: Duration,
    /// From the proof to the error.
    pub(crate) verdict: Duration,
    /// From the error to the end of the connection.
    pub(crate) closing: Duration,
}

/// What a server answers in a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Greeting,
    Challenge,
    Verdict,
}

impl RefusalTimes {
    pub(super) fn of(&self, step: Step) -> Duration {
        match step {
            Step::Greeting => self.greeting,
            Step::Challenge => self.challenge,
            Step::Verdict => self.verdict,
        }
    }

    /// The same, but none longer than anybody has to wait for a refusal.
    pub(super) fn bounded(self) -> Self {
        Self {
            greeting: self.greeting.min(LONGEST),
            challenge: self.challenge.min(LONGEST),
            verdict: self.verdict.min(LONGEST),
            closing: self.closing.min(LONGEST),
        }
    }
}

const LONGEST: Duration = Duration::from_secs(1);
