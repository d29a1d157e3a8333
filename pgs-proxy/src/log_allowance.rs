use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many lines may be logged about peers who have not logged in: whoever reaches the port can cause one for each
/// connection.
#[derive(Debug)]
pub(crate) struct LogAllowance(Mutex<Purse>);

#[derive(Debug)]
struct Purse {
    lines: u32,
    filled: Instant,
    left_out: u64,
}

impl LogAllowance {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Purse {
            lines: BURST,
            filled: Instant::now(),
            left_out: 0,
        }))
    }

    /// Whether one more line may be logged now, and if so, how many were left out since the last one.
    pub(crate) fn take(&self, now: Instant) -> Option<u64> {
        let mut purse = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        purse.fill(now);
        if let Some(left) = purse.lines.checked_sub(1) {
            purse.lines = left;
            return Some(std::mem::take(&mut purse.left_out));
        }
        purse.left_out += 1;
        None
    }
}

impl Purse {
    fn fill(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.filled);
        let earned = u32::try_from(since.as_nanos() / EVERY.as_nanos()).unwrap_or(u32::MAX);
        if earned > 0 {
            self.lines = self.lines.saturating_add(earned).min(BURST);
            self.filled = now;
        }
    }
}

const BURST: u32 = 500;
/// A hundred a second, which is some eight gigabytes in a week.
const EVERY: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_left_out_and_counted() {
        let allowance = LogAllowance::new();
        let start = Instant::now();
        let logged = (0..10_000).filter(|_| allowance.take(start).is_some());
        assert_eq!(logged.count(), BURST as usize);
        assert_eq!(allowance.take(start + EVERY * 2), Some(9_500));
        assert_eq!(allowance.take(start + EVERY * 2), Some(0));
        assert_eq!(allowance.take(start + EVERY * 2), None);
    }

    #[test]
    fn a_quiet_time_fills_it_up_and_no_further() {
        let allowance = LogAllowance::new();
        let later = Instant::now() + Duration::from_hours(1);
        let logged = (0..10_000).filter(|_| allowance.take(later).is_some());
        assert_eq!(logged.count(), BURST as usize);
    }
}
