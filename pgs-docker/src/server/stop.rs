use crate::{
    control_file, exit,
    holder::{self, Holder},
    host::Host,
    place::Place,
    secrets, survey,
};
use pgs_admin::{Deadlines, PgAdmin};
use pgs_core::{
    Error, ErrorKind, Result, TenantUid,
    provision::{InstanceLabel, Progress, StopMode},
};
use std::time::Duration;
use tokio::time::timeout;

/// Stops a tenant's server; without one there is nothing to do, however the last one ended.
///
/// The engine's own stop would kill it when its patience ends, so it gets the signal of a fast shutdown and is waited for.
pub(crate) async fn stop(
    host: &Host,
    uid: TenantUid,
    mode: StopMode,
    progress: &dyn Progress,
) -> Result<()> {
    let Some(holder) = holder::find(host, uid).await?.filter(|holder| holder.is_up) else {
        return Ok(());
    };
    let label = survey::label(host, uid, &holder.labels)?;
    let fast = mode != StopMode::Immediate;
    if let Some(label) = label.as_ref().filter(|_| fast) {
        progress.step("writing a checkpoint");
        checkpoint(host, &holder, label).await;
    }
    progress.step("stopping the server");
    holder::signal(host, &holder.id, if fast { "SIGINT" } else { "SIGQUIT" }).await?;
    let patience = host.config.stop_timeout;
    let ended = timeout(patience, exit::exited(host, uid)).await;
    ended.unwrap_or_else(|_| Err(goes_on(host, uid, patience)))?;
    if let Some(label) = label.as_ref().filter(|_| fast) {
        must_be_shut_down(host, &holder, label).await?;
    }
    progress.step("the server is stopped");
    Ok(())
}

/// With most of the work done beforehand, sessions are cut off for a short time only. Stopping works without it too.
async fn checkpoint(host: &Host, holder: &Holder, label: &InstanceLabel) {
    let done = async {
        let secret = secrets::own(host, &holder.id, label).await?;
        let mut deadlines = Deadlines::default();
        deadlines.connect = Duration::from_secs(2);
        match holder.endpoint(host) {
            Some(endpoint) => {
                PgAdmin::new(endpoint, secret)
                    .with_deadlines(deadlines)
                    .checkpoint()
                    .await
            }
            None => Ok(()),
        }
    };
    if let Err(error) = done.await {
        tracing::debug!(error = %error.chain(), tenant = %label.id, "no checkpoint before the stop");
    }
}

fn goes_on(host: &Host, uid: TenantUid, patience: Duration) -> Error {
    let (tenant, seconds) = (survey::tenant(host, uid), patience.as_secs());
    Error::new(
        ErrorKind::Timeout,
        format!("the server of {tenant} has not stopped after {seconds} s; it goes on stopping"),
    )
    .with_remedy("look again later, or stop it in immediate mode")
}

async fn must_be_shut_down(host: &Host, holder: &Holder, label: &InstanceLabel) -> Result<()> {
    let place = Place::of(label.pg_version);
    if control_file::is_shut_down(host, &holder.id, &place).await? {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InstanceFailed,
        format!(
            "the server of tenant `{}` ended without shutting down in order; it recovers at its next start",
            label.id
        ),
    ))
}
