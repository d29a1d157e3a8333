use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long something took lately.
#[derive(Debug, Default)]
pub(crate) struct Delays(Mutex<Latest>);

#[derive(Debug, Default)]
struct Latest {
    delays: Vec<Duration>,
    next: usize,
}

impl Delays {
    pub(crate) fn learn(&self, delay: Duration) {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = latest.next;
        match latest.delays.get_mut(next) {
            Some(oldest) => *oldest = delay,
            None => latest.delays.push(delay),
        }
        latest.next = (next + 1) % REMEMBERED;
    }

    /// The median; zero before anything was learnt.
    pub(crate) fn usual(&self) -> Duration {
        self.quantile(50).unwrap_or_default()
    }

    /// What so many of a hundred did not take longer than.
    pub(super) fn quantile(&self, percent: usize) -> Option<Duration> {
        let mut delays = {
            let latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            latest.delays.clone()
        };
        delays.sort_unstable();
        let index = (delays.len() * percent).div_ceil(100).saturating_sub(1);
        delays.get(index).copied()
    }
}

const REMEMBERED: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_latest() {
        let delays = Delays::default();
        assert_eq!(delays.quantile(95), None);
        assert_eq!(delays.usual(), Duration::ZERO);
        for micros in (1..=100).rev() {
            delays.learn(Duration::from_micros(micros));
        }
        assert_eq!(delays.usual(), Duration::from_micros(32));
        assert_eq!(delays.quantile(95), Some(Duration::from_micros(61)));
        assert_eq!(delays.quantile(100), Some(Duration::from_micros(64)));
    }
}
