use super::{Cue, Pace, Phase, RefusalTimes};
use std::time::Duration;

/// When decoys are to end behind their verdict: as a server did whose verdict took as long. A verdict that comes sooner or later than it
/// was meant to belongs with another end, for some servers are heard to end with the error, and those are not the ones whose
/// verdict is soon there.
///
/// All that takes time is worked out before the verdict, since the end may be due at once.
#[derive(Debug)]
pub(crate) struct Ends<'a> {
    /// The end behind each verdict, the quickest verdict first.
    lately: Vec<(Duration, Duration)>,
    at_once: Cue<'a>,
    later: Cue<'a>,
    drawn: Duration,
}

impl<'a> Ends<'a> {
    pub(super) fn of(pace: &'a Pace, drawn: &RefusalTimes) -> Self {
        let cue = |closing| Cue::of(pace, Phase::Closing, &RefusalTimes { closing, ..*drawn });
        Self {
            lately: pace.ends(),
            at_once: cue(Duration::ZERO),
            later: cue(Duration::MAX),
            drawn: drawn.closing,
        }
    }

    /// Behind a verdict that took so long.
    pub(crate) fn after(self, verdict: Duration) -> Cue<'a> {
        let closing = self.nearest(verdict).unwrap_or(self.drawn);
        let cue = if RefusalTimes::ends_at_once(closing) {
            self.at_once
        } else {
            self.later
        };
        cue.with_drawn(closing)
    }

    fn nearest(&self, verdict: Duration) -> Option<Duration> {
        let next = self.lately.partition_point(|(took, _)| *took < verdict);
        let near = [next.checked_sub(1), Some(next)].into_iter().flatten();
        let near = near.filter_map(|index| self.lately.get(index));
        let nearest = near.min_by_key(|(took, _)| took.abs_diff(verdict));
        nearest.map(|(_, closing)| *closing)
    }
}
