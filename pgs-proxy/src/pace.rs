use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long the tenants' servers take for their first word, learnt from live ones.
///
/// An answer that comes before any server could have given it tells that there is none.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    latest: Vec<Duration>,
    next: usize,
}

impl Pace {
    pub(crate) fn learn(&self, took: Duration) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = ring.next;
        ring.next = (next + 1) % REMEMBERED;
        match ring.latest.get_mut(next) {
            Some(oldest) => *oldest = took,
            None => ring.latest.push(took),
        }
    }

    /// What one of the latest servers took; nothing while there was none.
    pub(crate) fn sample(&self) -> Duration {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match ring.latest.len() {
            0 => Duration::ZERO,
            count => ring.latest[rand::random_range(0..count)].min(LONGEST),
        }
    }
}

/// Enough for the spread, few enough to follow a machine that gets busy.
const REMEMBERED: usize = 32;
const LONGEST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_one_of_the_latest() {
        let pace = Pace::default();
        assert_eq!(pace.sample(), Duration::ZERO);
        pace.learn(Duration::from_millis(900));
        for _ in 0..REMEMBERED {
            pace.learn(Duration::from_millis(3));
        }
        assert_eq!(pace.sample(), Duration::from_millis(3));
    }
}
