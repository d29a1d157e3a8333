use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::task::yield_now;

/// How a party cuts what it says or hears: for a while in crumbs, for a while in large portions, with pauses.
pub(crate) struct Cuts {
    random: SmallRng,
    most: usize,
    times: u32,
}

impl Cuts {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: SmallRng::seed_from_u64(seed),
            most: 0,
            times: 0,
        }
    }

    /// From a byte to [`LARGEST`].
    pub(crate) fn size(&mut self) -> usize {
        if self.times == 0 {
            self.most = LARGEST >> self.random.random_range(0..=LARGEST.ilog2());
            self.times = self.random.random_range(1..=64);
        }
        self.times -= 1;
        self.random.random_range(1..=self.most)
    }

    /// Now and then lets everybody else go first, once or many times.
    pub(crate) async fn pause(&mut self) {
        if self.random.random_ratio(1, 8) {
            for _ in 0..1_u32 << self.random.random_range(0..=7) {
                yield_now().await;
            }
        }
    }
}

pub(crate) const LARGEST: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_crumbs_and_large_portions() {
        let mut cuts = Cuts::new(1);
        let sizes: Vec<_> = (0..10_000).map(|_| cuts.size()).collect();
        assert!(sizes.iter().all(|size| (1..=LARGEST).contains(size)));
        assert!(sizes.contains(&1) && sizes.iter().any(|size| *size > LARGEST / 2));
    }
}
