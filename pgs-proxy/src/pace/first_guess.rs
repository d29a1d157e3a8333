use super::{FIRST_FLOOR, RefusalTimes};
use std::time::Duration;

impl RefusalTimes {
    /// Times before any server has shown its own: one of those that were measured once, made longer or shorter.
    pub(super) fn guess() -> Self {
        let [greeting, challenge, verdict, closing] =
            MEASURED[rand::random_range(0..MEASURED.len())].map(about);
        Self {
            greeting,
            challenge,
            past_floor: challenge.saturating_sub(FIRST_FLOOR),
            verdict,
            closing,
        }
    }
}

fn about(micros: u32) -> Duration {
    Duration::from_micros(micros.into()).mul_f64(rand::random_range(0.8..1.25))
}

/// Microseconds, as a proxy saw 1,800 refusals of PostgreSQL 18.6 behind a Unix socket on two virtual processors: of each
/// step the quantiles at 5, 25, 50, 75, 90 and 95 %.
const MEASURED: [[u32; 4]; 6] = [
    [1_256, 98, 94, 596],
    [1_355, 110, 101, 650],
    [1_439, 119, 109, 682],
    [1_516, 131, 118, 728],
    [1_585, 141, 130, 765],
    [1_629, 154, 142, 789],
];
