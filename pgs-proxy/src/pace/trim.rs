use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// How much sooner decoys tell a salt than what is known of them says, so that it is as often later as it is sooner than a server's.
///
/// Nearly all of them are told at one time, so that all of them can be moved alike.
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
        let (micros, start) = (Duration::from_micros, Instant::now());
        for (decoy, server, begins) in [
            (105, 100, 95),
            (95, 100, 105),
            (900, 100, 80),
            (1, 900, 120),
        ] {
            let trim = Trim::default();
            let begun = || trim.sooner(start + micros(100)).duration_since(start);
            for _ in 0..1_000 {
                trim.learn(
                    (begun() + micros(decoy)).saturating_sub(micros(100)),
                    micros(server),
                );
            }
            let distance = begun().abs_diff(micros(begins));
            assert!(
                distance <= Duration::from_nanos(STRIDE.unsigned_abs()),
                "{distance:?}"
            );
        }
    }
}
