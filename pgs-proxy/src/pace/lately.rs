use std::{cmp::Ordering, time::Duration};

/// What servers took for one step lately; enough of them to show how it is spread.
#[derive(Debug)]
pub(crate) struct Lately(Vec<Duration>);

impl Lately {
    /// None when there are too few.
    pub(super) fn of(took: impl Iterator<Item = Duration>) -> Option<Self> {
        let mut took: Vec<_> = took.collect();
        if took.len() < super::ENOUGH {
            return None;
        }
        // Partly sorted, which is what the rest needs.
        let [quarter, three_quarters] = quarters(took.len());
        let (_, _, slower) = took.select_nth_unstable(quarter);
        slower.select_nth_unstable(three_quarters - quarter - 1);
        Some(Self(took))
    }

    /// Of a thousand, so many were quicker; of those that took as long, half count.
    pub(super) fn rank(&self, took: Duration) -> i64 {
        let halves = |other: &Duration| match other.cmp(&took) {
            Ordering::Less => 2,
            Ordering::Equal => 1,
            Ordering::Greater => 0,
        };
        let (halves, all): (i64, i64) = self
            .0
            .iter()
            .fold((0, 0), |(sum, all), other| (sum + halves(other), all + 2));
        halves * 1_000 / all
    }

    /// What lies between the quickest quarter and the slowest.
    pub(super) fn spread(&self) -> Duration {
        let [quarter, three_quarters] = quarters(self.0.len());
        let at = |index: usize| self.0.get(index).copied().unwrap_or_default();
        at(three_quarters).saturating_sub(at(quarter))
    }

    pub(super) fn quickest(&self) -> Duration {
        self.0.iter().min().copied().unwrap_or_default()
    }
}

fn quarters(count: usize) -> [usize; 2] {
    [count / 4, count * 3 / 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_show_their_spread_when_there_are_enough() {
        let micros = |count: u64| (1..=count).rev().map(Duration::from_micros);
        assert!(Lately::of(micros(20)).is_none());
        let lately = Lately::of(micros(100)).unwrap();
        assert_eq!(lately.spread(), Duration::from_micros(50));
        assert_eq!(lately.quickest(), Duration::from_micros(1));
        for (nanos, rank) in [(0, 0), (1_000, 5), (50_500, 500), (200_000, 1_000)] {
            assert_eq!(lately.rank(Duration::from_nanos(nanos)), rank);
        }
    }
}
