use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// How much sooner decoys begin than what is known of them says, so that each of their steps is as often longer as it is
/// shorter than a server's.
///
/// It makes up for what nobody has measured: a thread that waits for a point in time awake is put aside by the scheduler
/// now and then, and one that waits for a server is not.
#[derive(Debug, Default)]
pub(super) struct Trim(AtomicI64);

impl Trim {
    /// Learns from a decoy's step and the same of a server, any of the latest: a little each time.
    pub(super) fn learn(&self, decoy: Duration, server: Duration) {
        let stride = if decoy > server { STRIDE } else { -STRIDE };
        let next = self.0.load(Relaxed) + stride;
        self.0.store(next.clamp(-LONGEST, LONGEST), Relaxed);
    }

    /// This point in time, made sooner or later.
    pub(super) fn sooner(&self, start: Instant) -> Instant {
        let nanos = self.0.load(Relaxed);
        let by = Duration::from_nanos(nanos.unsigned_abs());
        if nanos < 0 {
            start + by
        } else {
            start.checked_sub(by).unwrap_or(start)
        }
    }

    /// This lead, made longer or shorter.
    pub(super) fn of(&self, lead: Duration) -> Duration {
        let nanos = self.0.load(Relaxed);
        let by = Duration::from_nanos(nanos.unsigned_abs());
        if nanos < 0 {
            lead.saturating_sub(by)
        } else {
            lead + by
        }
    }
}

/// Nanoseconds, as both of these.
const STRIDE: i64 = 50;
/// What a stranger who makes decoys slow, or servers, can bring about.
const LONGEST: i64 = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoys_begin_sooner_until_they_are_as_often_the_first_and_not_by_much() {
        let micros = Duration::from_micros;
        let lead = micros(30);
        for (decoy, server, trimmed) in
            [(105, 100, 35), (95, 100, 25), (900, 100, 50), (1, 900, 10)]
        {
            let trim = Trim::default();
            for _ in 0..1_000 {
                let begins_sooner = trim.of(lead).saturating_sub(lead);
                let begins_later = lead.saturating_sub(trim.of(lead));
                let took = (micros(decoy) + begins_later).saturating_sub(begins_sooner);
                trim.learn(took, micros(server));
            }
            let start = Instant::now() + micros(1_000);
            assert_eq!(start + lead, trim.sooner(start) + trim.of(lead));
            let distance = trim.of(lead).abs_diff(micros(trimmed));
            assert!(
                distance <= Duration::from_nanos(STRIDE.unsigned_abs()),
                "{distance:?}"
            );
        }
    }
}
