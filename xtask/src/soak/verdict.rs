//! Whether what was seen is a leak.

use super::sample::Sample;

/// A round's end, when its clients are gone.
#[derive(Debug, Default)]
pub(super) struct Calm(Vec<Sample>);

impl Calm {
    pub(super) fn add(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    /// The first round's, which all others have to return to.
    pub(super) fn base(&self) -> Option<&Sample> {
        self.0.first()
    }

    /// Everything that is not as it should be.
    pub(super) fn breaches(&self) -> Vec<String> {
        let mut breaches = Vec::new();
        let (warm_up, rest) = self.0.split_at(self.0.len().div_ceil(5));
        let most = |of: fn(&Sample) -> u64| {
            let (before, after) = (warm_up.iter().map(of).max(), rest.iter().map(of).max());
            before.zip(after)
        };
        for Bound(name, of, more) in BOUNDS {
            if let Some((before, after)) = most(of).filter(|(before, after)| *after > before + more)
            {
                breaches.push(format!(
                    "{name}: {after}, more than {more} above the {before} of the first fifth"
                ));
            }
        }
        let trend = self.trend();
        if trend > MOST_TREND {
            breaches.push(format!("memory grew by {trend:.0} KiB in the last half"));
        }
        breaches
    }

    /// How much the memory grew in the last half by the straight line that fits best, in KiB.
    #[expect(
        clippy::cast_precision_loss,
        reason = "there are few rounds and gigabytes at most"
    )]
    pub(super) fn trend(&self) -> f64 {
        let half = self.0.get(self.0.len() / 2..).unwrap_or_default();
        let count = half.len() as f64;
        let kib = || half.iter().map(|sample| sample.private_kib as f64);
        let (middle, mean) = ((count - 1.0) / 2.0, kib().sum::<f64>() / count);
        let (mut products, mut squares) = (0.0, 0.0);
        for (index, kib) in kib().enumerate() {
            let along = index as f64 - middle;
            products += along * (kib - mean);
            squares += along * along;
        }
        if squares > 0.0 {
            products / squares * (count - 1.0)
        } else {
            0.0
        }
    }
}

/// What may be how much more than the most that it was in the first fifth of the rounds.
const BOUNDS: [Bound; 3] = [
    // What the allocator keeps after the busiest moment yet is less.
    Bound("private memory, KiB", |sample| sample.private_kib, 4 * 1024),
    // Eight pipes for each thread that serves connections, and none has more of them while nothing moves.
    Bound("ends of pipes", |sample| sample.pipe_ends, 64),
    // Those that run errands end when there are none for some seconds.
    Bound("threads", |sample| sample.threads, 8),
];

/// The name of something, how to see it, and how much more of it there may be.
struct Bound(&'static str, fn(&Sample) -> u64, u64);

/// In KiB; of a hundred bytes for each of the connections of a minute, ten minutes would be more.
const MOST_TREND: f64 = 1024.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(kib: impl Fn(u64) -> u64) -> Calm {
        let sample = |round| Sample {
            private_kib: kib(round),
            ..Sample::default()
        };
        Calm((0..30).map(sample).collect())
    }

    #[test]
    fn what_fills_up_at_first_and_wavers_later_is_no_leak() {
        let calm = rounds(|round| 10_000 + 2_000 * round.min(5) + round % 2 * 500);
        assert_eq!(calm.breaches(), [""; 0]);
    }

    #[test]
    fn what_grows_and_grows_is_a_leak() {
        let calm = rounds(|round| 10_000 + 100 * round + round % 3 * 500);
        assert!((1_300.0..1_700.0).contains(&calm.trend()));
        assert_eq!(calm.breaches().len(), 1);
        assert_eq!(rounds(|round| 10_000 + 1_000 * round).breaches().len(), 2);
    }
}
