use super::{Delays, Phase, refusal_times::AT_ONCE};
use std::time::Duration;

/// How long sending took lately, by step, and the end by whether it comes right behind the verdict: what is sent after a
/// sleep takes some microseconds longer.
#[derive(Debug, Default)]
pub(super) struct Sending {
    greeting: Sent,
    challenge: Sent,
    verdict: Sent,
    end_at_once: Sent,
    end_later: Sent,
}

impl Sending {
    /// That of a phase which takes so long.
    pub(super) fn of(&self, phase: Phase, took: Duration) -> &Sent {
        match phase {
            Phase::Greeting => &self.greeting,
            Phase::Challenge => &self.challenge,
            Phase::Verdict => &self.verdict,
            Phase::Closing if took < AT_ONCE => &self.end_at_once,
            Phase::Closing => &self.end_later,
        }
    }
}

/// The words of one step.
#[derive(Debug, Default)]
pub(super) struct Sent {
    by_decoys: Delays,
    pub(super) for_servers: Delays,
    /// How long after its time a decoy begins.
    lateness: Delays,
}

impl Sent {
    /// How long before its words are due a decoy has to begin, so that the client has them when it would have had a
    /// server's.
    ///
    /// Due is when a server's words were sent, as the proxy saw it. The client has them before: for a part of sending
    /// comes after that. A server's words, whose way through the processor's caches nobody has prepared, take longer, and
    /// that part is longer, too.
    pub(super) fn lead(&self) -> Duration {
        let [own, late] = [&self.by_decoys, &self.lateness].map(|one| one.usual().min(LONGEST));
        late + own + self.afterwards(own)
    }

    /// A decoy has begun so late and sent its words in this time.
    pub(super) fn by_a_decoy(&self, late: Option<Duration>, sending: Duration) {
        self.by_decoys.learn(sending);
        if let Some(late) = late {
            self.lateness.learn(late);
        }
    }

    /// How much longer a client has a server's words before they count as sent than those of a decoy.
    pub(super) fn longer_afterwards(&self) -> Duration {
        self.afterwards(self.by_decoys.usual().min(LONGEST))
    }

    fn afterwards(&self, own: Duration) -> Duration {
        let servers = self.for_servers.usual().min(LONGEST);
        servers.saturating_sub(own).mul_f64(AFTERWARDS)
    }
}

/// The share of what sending takes longer that comes after the client has the words.
const AFTERWARDS: f64 = 0.3;
/// Whoever makes sending slow, be it by his own doing, shall not make all decoys hasty.
const LONGEST: Duration = Duration::from_micros(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoy_begins_as_much_sooner_as_sending_takes_and_a_share_of_what_servers_take_longer() {
        let (sent, micros) = (Sent::default(), Duration::from_micros);
        assert_eq!(sent.lead(), Duration::ZERO);
        sent.by_a_decoy(None, micros(20));
        assert_eq!(sent.lead(), micros(20));
        sent.for_servers.learn(micros(10));
        assert_eq!(sent.lead(), micros(20));
        for _ in 0..64 {
            sent.for_servers.learn(micros(30));
        }
        assert_eq!(sent.lead(), micros(23));
        for _ in 0..64 {
            sent.for_servers.learn(micros(9_000));
        }
        assert_eq!(sent.lead(), micros(74));
        sent.by_a_decoy(Some(micros(2)), micros(20));
        assert_eq!(sent.lead(), micros(76));
    }
}
