use super::postmaster::{self, Postmaster};
use crate::{
    LocalConfig,
    storage::{home::Home, label, logs},
};
use pgs_admin::{PgAdmin, Readiness};
use pgs_core::{Error, ErrorKind, Result};
use std::time::{Duration, Instant};

/// Waits until the server answers an authenticated query, and no longer than it lives.
pub(crate) async fn wait(
    home: &Home,
    server: &Postmaster,
    admin: &PgAdmin,
    config: &LocalConfig,
) -> Result<()> {
    let mut patience = Patience::new(Instant::now());
    let mut pause = Duration::from_millis(5);
    loop {
        let readiness = tokio::select! {
            gone = server.process.exited() => return gone.and(Err(gave_up(home, server))),
            readiness = look(home, admin) => readiness?,
        };
        if readiness == Readiness::Ready {
            return Ok(());
        }
        if let Some(exceeded) = patience.exceeded(readiness, Instant::now(), config) {
            return Err(too_slow(home, server, exceeded));
        }
        tokio::select! {
            gone = server.process.exited() => return gone.and(Err(gave_up(home, server))),
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}

/// A server that was recovering for long may then take as long to answer as one that was not.
struct Patience {
    begun: Instant,
    starting_until: Instant,
}

impl Patience {
    fn new(begun: Instant) -> Self {
        Self {
            begun,
            starting_until: begun,
        }
    }

    /// The time that was given, when it is over.
    fn exceeded(
        &mut self,
        readiness: Readiness,
        now: Instant,
        config: &LocalConfig,
    ) -> Option<Duration> {
        let (since, given) = if readiness == Readiness::Starting {
            self.starting_until = now;
            (self.begun, config.recovery_timeout)
        } else {
            (self.starting_until, config.start_timeout)
        };
        (now.duration_since(since) > given).then_some(given)
    }
}

/// While the pid file says that the server is starting, a login would only leave a complaint in its log.
async fn look(home: &Home, admin: &PgAdmin) -> Result<Readiness> {
    if postmaster::says_starting(home) {
        return Ok(Readiness::Starting);
    }
    admin.ping().await
}

fn gave_up(home: &Home, server: &Postmaster) -> Error {
    failed(home, server, "stopped before it was ready")
}

fn too_slow(home: &Home, server: &Postmaster, patience: Duration) -> Error {
    failed(
        home,
        server,
        &format!("is not ready after {} s", patience.as_secs()),
    )
}

fn failed(home: &Home, server: &Postmaster, how: &str) -> Error {
    let words = logs::tail(home, server.log_start, LINES).unwrap_or_default();
    Error::new(
        ErrorKind::InstanceFailed,
        format!(
            "the server of {} {how}; the end of its log:\n{words}",
            label::tenant(home)
        ),
    )
    .with_remedy("correct what the log names, then repeat it")
}

const LONGEST_PAUSE: Duration = Duration::from_millis(100);
const LINES: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_answer_after_a_long_recovery_is_not_too_late() {
        let config = LocalConfig::new("state");
        let begun = Instant::now();
        let mut patience = Patience::new(begun);
        let mut after = |seconds, readiness| {
            patience.exceeded(readiness, begun + Duration::from_secs(seconds), &config)
        };
        assert_eq!(after(59, Readiness::Silent), None);
        assert_eq!(after(180, Readiness::Starting), None);
        assert_eq!(after(181, Readiness::Silent), None);
        let start = Some(config.start_timeout);
        assert_eq!(after(241, Readiness::Silent), start);
        let recovery = Some(config.recovery_timeout);
        assert_eq!(after(601, Readiness::Starting), recovery);
    }

    #[test]
    fn a_server_that_never_says_it_is_starting_gets_the_shorter_time() {
        let config = LocalConfig::new("state");
        let begun = Instant::now();
        let late = begun + config.start_timeout + Duration::from_secs(1);
        let exceeded = Patience::new(begun).exceeded(Readiness::Silent, late, &config);
        assert_eq!(exceeded, Some(config.start_timeout));
    }
}
