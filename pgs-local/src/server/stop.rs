use super::{
    cgroup,
    postmaster::{self, Postmaster},
};
use crate::{
    host::Host,
    storage::{control_file, home::Home, label, secrets::Secrets},
};
use pgs_admin::{Deadlines, PgAdmin};
use pgs_core::{
    Error, ErrorKind, Result,
    provision::{Progress, StopMode},
};
use rustix::process::Signal;
use std::time::Duration;
use tokio::time::timeout;

/// Stops a tenant's server; without one there is nothing to do, however the last one ended.
pub(crate) async fn stop(
    host: &Host,
    home: &Home,
    mode: StopMode,
    progress: &dyn Progress,
) -> Result<()> {
    let Some(server) = Postmaster::find(home)? else {
        return Ok(());
    };
    if mode == StopMode::Immediate {
        end(host, home, &server, Signal::QUIT, progress).await?;
    } else {
        progress.step("writing a checkpoint");
        checkpoint(home).await;
        end(host, home, &server, Signal::INT, progress).await?;
        must_be_shut_down(home)?;
    }
    cgroup::release(home.uid());
    progress.step("the server is stopped");
    Ok(())
}

/// With most of the work done beforehand, sessions are cut off for a short time only. Stopping works without it too.
async fn checkpoint(home: &Home) {
    let done = async {
        let secrets = Secrets::read(home)?;
        let mut deadlines = Deadlines::default();
        deadlines.connect = Duration::from_secs(2);
        let admin = PgAdmin::new(home.endpoint(), secrets.own).with_deadlines(deadlines);
        admin.checkpoint().await
    };
    if let Err(error) = done.await {
        tracing::debug!(%error, tenant = %home.uid(), "no checkpoint before the stop");
    }
}

async fn end(
    host: &Host,
    home: &Home,
    server: &Postmaster,
    signal: Signal,
    progress: &dyn Progress,
) -> Result<()> {
    progress.step("stopping the server");
    server.process.signal(signal)?;
    let patience = host.config.stop_timeout;
    timeout(patience, server.process.exited())
        .await
        .unwrap_or_else(|_| Err(goes_on(home, patience)))
}

fn goes_on(home: &Home, patience: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!(
            "the server of {} has not stopped after {} s; it goes on stopping",
            label::tenant(home),
            patience.as_secs()
        ),
    )
    .with_remedy("look again later, or stop it in immediate mode")
}

fn must_be_shut_down(home: &Home) -> Result<()> {
    if control_file::is_shut_down(&home.data())? {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InstanceFailed,
        format!(
            "the server of {} ended without shutting down in order; it recovers at its next start",
            label::tenant(home)
        ),
    ))
}

/// Ends whatever works on this storage, before the storage goes.
pub(crate) async fn put_down(home: &Home) -> Result<()> {
    if let Some(server) = Postmaster::find(home)? {
        server.process.signal(Signal::QUIT)?;
        let _ = timeout(IMMEDIATE_TAKES, server.process.exited()).await;
    }
    postmaster::kill_all(home).await?;
    cgroup::release(home.uid());
    Ok(())
}

const IMMEDIATE_TAKES: Duration = Duration::from_secs(10);
