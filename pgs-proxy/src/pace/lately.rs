use std::time::Duration;

/// What servers took for one step lately, the quickest first; enough of them to show how it is spread.
#[derive(Debug)]
pub(crate) struct Lately {
    sorted: Vec<Duration>,
    /// Within which the middle half are.
    spread: Duration,
}

/// Of a million servers, so many are quicker.
pub(super) type Rank = i64;
pub(super) const ALL: Rank = 1_000_000;

impl Lately {
    /// None when there are too few.
    pub(super) fn of(took: impl Iterator<Item = Duration>) -> Option<Self> {
        let mut sorted: Vec<_> = took.collect();
        sorted.sort_unstable();
        let quartile = |of: usize| sorted.get(sorted.len() * of / 4).copied();
        let spread = quartile(3)?.saturating_sub(quartile(1)?);
        (sorted.len() >= ENOUGH).then_some(Self { sorted, spread })
    }

    /// Of those that took as long, half count as quicker.
    pub(super) fn rank(&self, took: Duration) -> Rank {
        let quicker = self.sorted.partition_point(|one| *one < took);
        let as_long = self.sorted.partition_point(|one| *one <= took) - quicker;
        signed(quicker * 2 + as_long) * ALL / (2 * signed(self.sorted.len()))
    }

    /// What one of this rank took; of a rank between two, something between, but of two that are of different kinds either: some
    /// servers have done at once what takes others long, and none takes a time between.
    pub(super) fn at(&self, rank: Rank) -> Duration {
        // The first is in the middle of its place.
        let place = (rank * signed(self.sorted.len()))
            .saturating_sub(ALL / 2)
            .max(0);
        let below = usize::try_from(place / ALL).unwrap_or(usize::MAX);
        match (
            self.sorted.get(below),
            self.sorted.get(below.saturating_add(1)),
        ) {
            (Some(from), Some(to)) => {
                let part = u32::try_from(place % ALL).unwrap_or_default();
                let between = to.saturating_sub(*from);
                match self.are_alike(*from, *to) {
                    true => *from + between * part / MILLION,
                    false if part < MILLION / 2 => *from,
                    false => *to,
                }
            }
            _ => self.sorted.last().copied().unwrap_or_default(),
        }
    }

    /// Whether these are about as long, as this step goes.
    pub(super) fn are_alike(&self, one: Duration, other: Duration) -> bool {
        one.abs_diff(other) <= self.spread / 4
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

    #[test]
    fn nobody_takes_a_time_between_two_kinds() {
        let micros = Duration::from_micros;
        let lately = Lately::of((100..110).chain(500..530).map(micros)).unwrap();
        for (rank, took) in [
            (238_000, 109),
            (249_000, 109),
            (251_000, 500),
            (263_000, 500),
        ] {
            assert_eq!(lately.at(rank).as_micros(), took, "{rank}");
        }
        assert!(lately.are_alike(micros(505), micros(509)));
        assert!(!lately.are_alike(micros(109), micros(500)));
    }
}
