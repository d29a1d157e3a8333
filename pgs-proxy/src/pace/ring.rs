use super::RefusalTimes;

/// The latest of many.
#[derive(Debug, Default)]
pub(super) struct Ring {
    latest: Vec<RefusalTimes>,
    next: usize,
}

impl Ring {
    pub(super) fn push(&mut self, times: RefusalTimes) {
        match self.latest.get_mut(self.next) {
            Some(oldest) => *oldest = times,
            None => self.latest.push(times),
        }
        self.next = (self.next + 1) % REMEMBERED;
    }

    pub(super) fn len(&self) -> usize {
        self.latest.len()
    }

    /// The latest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = RefusalTimes> + Clone {
        let (later, earlier) = self.latest.split_at(self.next);
        later.iter().rev().chain(earlier.iter().rev()).copied()
    }
}

/// Enough for the spread of what is seldom, too, as an end of either kind may be.
pub(super) const REMEMBERED: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_latest_come_first_and_the_oldest_go() {
        let mut ring = Ring::default();
        for latest in 1..=600 {
            ring.push(RefusalTimes {
                greeting: Duration::from_micros(latest),
                ..RefusalTimes::guess()
            });
            let kept = ring.iter().map(|times| times.greeting);
            let expected = (1..=latest).rev().take(REMEMBERED);
            assert!(kept.eq(expected.map(Duration::from_micros)), "{latest}");
        }
    }
}
