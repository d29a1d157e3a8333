use super::{Delays, refusal_times::AT_ONCE};
use std::time::Duration;

/// How long sending took lately, by step, and the end by whether it comes right behind the verdict: what is sent after a
/// sleep takes some microseconds longer.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    pub(crate) greeting: Sent,
    pub(crate) challenge: Sent,
    pub(crate) verdict: Sent,
    end_at_once: Sent,
    end_later: Sent,
}

impl Sending {
    /// That of the end, so long after the verdict.
    pub(crate) fn end_after(&self, closing: Duration) -> &Sent {
        if closing < AT_ONCE {
            &self.end_at_once
        } else {
            &self.end_later
        }
    }
}

/// The words of one step.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) by_decoys: Delays,
    pub(crate) for_servers: Delays,
}

impl Sent {
    /// How long before its words are due a decoy has to begin, so that the client has them when it would have had a
    /// server's.
    ///
    /// Due is when a server's words were sent, as the proxy saw it. The client has them before: for a part of sending
    /// comes after that. A server's words, whose way through the processor's caches nobody has prepared, take longer, and
    /// that part is longer, too.
    pub(crate) fn lead(&self) -> Duration {
        let own = self.by_decoys.usual().min(LONGEST);
        let servers = self.for_servers.quantile(50).unwrap_or(own).min(LONGEST);
        own.mul_f64(1.0 - AFTERWARDS) + servers.mul_f64(AFTERWARDS)
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
        sent.by_decoys.learn(micros(20));
        assert_eq!(sent.lead(), micros(20));
        sent.for_servers.learn(micros(30));
        assert_eq!(sent.lead(), micros(23));
        for _ in 0..64 {
            sent.for_servers.learn(micros(9_000));
        }
        assert_eq!(sent.lead(), micros(74));
    }
}
