use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::sample::{Eye, Sample};

/// What the proxy has once those who left are forgotten: these sessions, nothing else of anybody who is connected, and as
/// many descriptors as at the base. That takes a moment; a leak would take for ever.
pub(super) fn settled(eye: &Eye, base: Option<&Sample>, sessions: u64) -> Result<Sample> {
    let until = Instant::now() + SETTLED_WITHIN;
    let mut before = eye.sample()?;
    loop {
        sleep(BETWEEN_LOOKS);
        let sample = eye.sample()?;
        let expected = base.unwrap_or(&before).descriptors;
        if sample.is_calm(sessions) && sample.descriptors == expected {
            return Ok(sample);
        }
        if Instant::now() > until {
            bail!(
                "there should be {sessions} sessions and {expected} descriptors, but after {SETTLED_WITHIN:?}: {sample:?}"
            );
        }
        before = sample;
    }
}

impl Sample {
    fn is_calm(&self, sessions: u64) -> bool {
        let tables = self.of_the_connected();
        let expected = |name: &str| match name {
            "sessions" | "cancel_keys" => sessions,
            "session_addresses" => sessions.min(1),
            _ => 0,
        };
        self.sessions == sessions
            && self.bans == 0
            && !tables.is_empty()
            && tables
                .into_iter()
                .all(|(name, size)| size == expected(name))
    }
}

/// Longer than a session may linger, and than a login may take.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
