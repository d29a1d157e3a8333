use super::{Delays, Phase, RefusalTimes};
use std::time::Duration;

/// Something of each step's words, and of the end by whether it comes right behind the verdict: what is sent after a sleep takes some
/// microseconds longer.
#[derive(Debug, Default)]
pub(super) struct ByWords<T> {
    greeting: T,
    challenge: T,
    verdict: T,
    end_at_once: T,
    end_later: T,
}

/// How long sending took lately.
pub(super) type Sending = ByWords<Sent>;
pub(super) type Leads = ByWords<Lead>;

impl<T> ByWords<T> {
    /// That of a phase which takes so long.
    pub(super) fn of(&self, phase: Phase, took: Duration) -> &T {
        match phase {
            Phase::Greeting => &self.greeting,
            Phase::Challenge => &self.challenge,
            Phase::Verdict => &self.verdict,
            Phase::Closing if RefusalTimes::ends_at_once(took) => &self.end_at_once,
            Phase::Closing => &self.end_later,
        }
    }
}

impl Sending {
    pub(super) fn leads(&self) -> Leads {
        ByWords {
            greeting: self.greeting.lead(),
            challenge: self.challenge.lead(),
            verdict: self.verdict.lead(),
            end_at_once: self.end_at_once.lead(),
            end_later: self.end_later.lead(),
        }
    }
}

/// How much sooner a client has a server's words than they count as sent.
#[derive(Debug, PartialEq)]
pub(super) struct Lead {
    /// How long before its words are due a decoy has to begin, so that the client has them when it would have had a
    /// server's.
    ///
    /// Due is when a server's words were sent, as the proxy saw it. The client has them before: for a part of sending
    /// comes after that. A server's words, whose way through the processor's caches nobody has prepared, take longer, and
    /// that part is longer, too.
    pub(super) before_it_is_due: Duration,
    /// How much longer than a decoy's a client has a server's words when they count as sent.
    pub(super) longer_afterwards: Duration,
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
    fn lead(&self) -> Lead {
        let of = |delays: &Delays| delays.usual().min(LONGEST);
        let (own, late) = (of(&self.by_decoys), of(&self.lateness));
        let longer = of(&self.for_servers).saturating_sub(own);
        let longer_afterwards = longer.mul_f64(AFTERWARDS);
        Lead {
            before_it_is_due: late + own + longer_afterwards,
            longer_afterwards,
        }
    }

    /// A decoy has begun so late and sent its words in this time.
    pub(super) fn by_a_decoy(&self, late: Option<Duration>, sending: Duration) {
        self.by_decoys.learn(sending);
        if let Some(late) = late {
            self.lateness.learn(late);
        }
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
        assert_eq!(sent.lead().before_it_is_due, Duration::ZERO);
        sent.by_a_decoy(None, micros(20));
        assert_eq!(sent.lead().before_it_is_due, micros(20));
        sent.for_servers.learn(micros(10));
        assert_eq!(sent.lead().before_it_is_due, micros(20));
        for _ in 0..64 {
            sent.for_servers.learn(micros(30));
        }
        assert_eq!(sent.lead().before_it_is_due, micros(23));
        for _ in 0..64 {
            sent.for_servers.learn(micros(9_000));
        }
        assert_eq!(sent.lead().before_it_is_due, micros(74));
        sent.by_a_decoy(Some(micros(2)), micros(20));
        assert_eq!(sent.lead().before_it_is_due, micros(76));
    }
}
