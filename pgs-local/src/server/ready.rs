use super::postmaster::{self, Postmaster};
use crate::{
    LocalConfig,
    storage::{home::Home, logs},
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
    let begun = Instant::now();
    let mut pause = Duration::from_millis(5);
    loop {
        let readiness = tokio::select! {
            gone = server.process.exited() => return gone.and(Err(gave_up(home, server))),
            readiness = look(home, admin) => readiness?,
        };
        let patience = match readiness {
            Readiness::Ready => return Ok(()),
            Readiness::Starting => config.recovery_timeout,
            _ => config.start_timeout,
        };
        if begun.elapsed() > patience {
            return Err(too_slow(home, server, patience));
        }
        tokio::select! {
            gone = server.process.exited() => return gone.and(Err(gave_up(home, server))),
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
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
            "the server of tenant uid `{}` {how}; the end of its log:\n{words}",
            home.uid()
        ),
    )
    .with_remedy("correct what the log names, then start it again")
}

const LONGEST_PAUSE: Duration = Duration::from_millis(100);
const LINES: usize = 15;
