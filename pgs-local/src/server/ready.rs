use super::postmaster::{self, Postmaster};
use crate::{
    LocalConfig,
    storage::{home::Home, label, logs},
};
use pgs_admin::{Patience, PgAdmin, Startup};
use pgs_core::{Error, ErrorKind, Result};

/// Waits until the server answers an authenticated query, and no longer than it lives.
pub(crate) async fn wait(
    home: &Home,
    server: &Postmaster,
    admin: &PgAdmin,
    config: &LocalConfig,
) -> Result<()> {
    let patience = Patience {
        start: config.start_timeout,
        recovery: config.recovery_timeout,
    };
    let says_starting = || postmaster::says_starting(home);
    let waited = admin.await_ready(patience, server.process.exited(), says_starting);
    match waited.await? {
        Startup::Ready => Ok(()),
        Startup::TooSlow(given) => {
            let how = format!("is not ready after {} s", given.as_secs());
            Err(failed(home, server, &how))
        }
        _ => Err(failed(home, server, "stopped before it was ready")),
    }
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

const LINES: usize = 15;
