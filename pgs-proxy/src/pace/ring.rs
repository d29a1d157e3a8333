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

    pub(super) fn iter(&self) -> impl Iterator<Item = RefusalTimes> + Clone {
        self.latest.iter().copied()
    }
}

/// Enough for the spread, few enough to follow a machine that gets busy: with four times as many, what was drawn could
/// be told from what servers took at that moment.
pub(super) const REMEMBERED: usize = 256;
