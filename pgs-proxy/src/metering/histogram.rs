use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Counts durations by how long they are. Counted without locks.
#[derive(Debug)]
pub(crate) struct Histogram<const N: usize> {
    /// The longest duration of each bucket in microseconds, ascending.
    bounds: &'static [u64; N],
    counts: [AtomicU64; N],
    beyond: AtomicU64,
    total_micros: AtomicU64,
}

/// How durations were distributed at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Distribution {
    /// A bound, and how many durations were no longer than it, but longer than the bound before it.
    pub buckets: Vec<(Duration, u64)>,
    /// How many were longer than every bound.
    pub beyond: u64,
    /// All of them together.
    pub total: Duration,
}

impl<const N: usize> Histogram<N> {
    pub(crate) const fn new(bounds: &'static [u64; N]) -> Self {
        Self {
            bounds,
            counts: [const { AtomicU64::new(0) }; N],
            beyond: AtomicU64::new(0),
            total_micros: AtomicU64::new(0),
        }
    }

    pub(crate) fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = self.bounds.partition_point(|bound| *bound < micros);
        let count = self.counts.get(bucket).unwrap_or(&self.beyond);
        count.fetch_add(1, Relaxed);
        self.total_micros.fetch_add(micros, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Distribution {
        let counts = self.counts.iter().map(|count| count.load(Relaxed));
        let bounds = self.bounds.iter().copied().map(Duration::from_micros);
        Distribution {
            buckets: bounds.zip(counts).collect(),
            beyond: self.beyond.load(Relaxed),
            total: Duration::from_micros(self.total_micros.load(Relaxed)),
        }
    }
}

impl Distribution {
    /// How many durations there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum::<u64>() + self.beyond
    }
}

/// From a tenth of a millisecond, which a server on the same machine needs, to the longest deadlines.
pub(crate) const LATENCIES: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000,
];

/// From a single query to a pool's connection.
pub(crate) const LIFETIMES: [u64; 8] = [
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    60_000_000,
    600_000_000,
    3_600_000_000,
    86_400_000_000,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_own_bucket() {
        let histogram = Histogram::new(&LATENCIES);
        for micros in [0, 100, 101, 10_000_000, 10_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let told = histogram.snapshot();
        assert_eq!(told.buckets[0], (Duration::from_micros(100), 2));
        assert_eq!(told.buckets[1], (Duration::from_micros(250), 1));
        assert_eq!(told.buckets[15], (Duration::from_secs(10), 1));
        assert_eq!((told.beyond, told.count()), (1, 5));
        assert_eq!(told.total, Duration::from_micros(20_000_202));
    }
}
