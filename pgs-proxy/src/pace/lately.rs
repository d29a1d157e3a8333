use std::time::Duration;

/// What servers took for one step lately, the quickest first; enough of them to show how it is spread.
#[derive(Debug)]
pub(crate) struct Lately(Vec<Duration>);

/// Of a million servers, so many are quicker.
pub(super) type Rank = i64;
pub(super) const ALL: Rank = 1_000_000;

impl Lately {
    /// None when there are too few.
    pub(super) fn of(took: impl Iterator<Item = Duration>) -> Option<Self> {
        let mut took: Vec<_> = took.collect();
        took.sort_unstable();
        (took.len() >= ENOUGH).then_some(Self(took))
    }

    /// Of those that took as long, half count as quicker.
    pub(super) fn rank(&self, took: Duration) -> Rank {
        let quicker = self.0.partition_point(|one| *one < took);
        let as_long = self.0.partition_point(|one| *one <= took) - quicker;
        signed(quicker * 2 + as_long) * ALL / (2 * signed(self.0.len()))
    }

    /// What one of this rank took; of a rank between two, something between.
    pub(super) fn at(&self, rank: Rank) -> Duration {
        // The first is in the middle of its place.
        let place = (rank * signed(self.0.len())).saturating_sub(ALL / 2).max(0);
        let below = usize::try_from(place / ALL).unwrap_or(usize::MAX);
        match (self.0.get(below), self.0.get(below.saturating_add(1))) {
            (Some(from), Some(to)) => {
                let part = u32::try_from(place % ALL).unwrap_or_default();
                *from + to.saturating_sub(*from) * part / MILLION
            }
            _ => self.0.last().copied().unwrap_or_default(),
        }
    }

    /// Within which the middle half are.
    pub(super) fn spread(&self) -> Duration {
        self.at(ALL * 3 / 4).saturating_sub(self.at(ALL / 4))
    }
}

/// To show how they are spread, in tenths.
const ENOUGH: usize = 20;
const MILLION: u32 = 1_000_000;

/// There are some hundreds.
fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_show_their_spread_when_there_are_enough() {
        let micros = |count: u64| (1..=count).rev().map(Duration::from_micros);
        assert!(Lately::of(micros(10)).is_none());
        let lately = Lately::of(micros(100)).unwrap();
        for (nanos, rank) in [(0, 0), (1_000, 5_000), (50_500, 500_000), (200_000, ALL)] {
            assert_eq!(lately.rank(Duration::from_nanos(nanos)), rank);
        }
        for (rank, nanos) in [
            (-7_000, 1_000),
            (0, 1_000),
            (5_000, 1_000),
            (7_500, 1_250),
            (500_000, 50_500),
            (995_000, 100_000),
            (ALL, 100_000),
            (2 * ALL, 100_000),
        ] {
            assert_eq!(lately.at(rank), Duration::from_nanos(nanos), "{rank}");
        }
        for micros in 1..=100 {
            let took = Duration::from_micros(micros);
            assert_eq!(lately.at(lately.rank(took)), took);
        }
    }
}
