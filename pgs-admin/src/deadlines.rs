use std::time::Duration;

/// How long the manager waits for a server before it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// Connecting and logging in. Default: 10 seconds.
    pub connect: Duration,
    /// One statement of the manager's own. Default: 60 seconds.
    pub statement: Duration,
    /// One init script as a whole. Default: 6 hours.
    pub script: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            statement: Duration::from_mins(1),
            script: Duration::from_hours(6),
        }
    }
}
