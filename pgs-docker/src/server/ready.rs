use crate::{config::Transport, engine::is_in_container, exit, holder::Holder, host::Host, logs};
use pgs_admin::{Patience, PgAdmin, Startup};
use pgs_core::{Error, ErrorKind, Result, provision::InstanceLabel};

/// Waits until the server answers an authenticated query, and no longer than its container runs.
pub(crate) async fn wait(
    host: &Host,
    holder: &Holder,
    label: &InstanceLabel,
    admin: &PgAdmin,
) -> Result<()> {
    let patience = Patience {
        start: host.config.start_timeout,
        recovery: host.config.recovery_timeout,
    };
    let waited = admin.await_ready(patience, exit::exited(host, holder.uid), || false);
    match waited.await? {
        Startup::Ready => Ok(()),
        Startup::TooSlow(given) => {
            let how = format!("is not ready after {} s", given.as_secs());
            let failed = failed(host, holder, label, &how).await;
            Err(if is_out_of_reach(host) {
                failed.with_remedy(OUT_OF_REACH)
            } else {
                failed
            })
        }
        _ => {
            let reason = exit::reason(host, holder.uid).await.ok().flatten();
            let how = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
            Err(failed(
                host,
                holder,
                label,
                &format!("stopped before it was ready{how}"),
            )
            .await)
        }
    }
}

async fn failed(host: &Host, holder: &Holder, label: &InstanceLabel, how: &str) -> Error {
    let words = logs::tail(host, &holder.id, LINES)
        .await
        .unwrap_or_default();
    let message = format!(
        "the server of tenant `{}` {how}; the end of its log:\n{words}",
        label.id
    );
    logs::failure(
        message,
        &words,
        "correct what the log names, then repeat it",
    )
}

/// A container on a network of its own reaches neither the host's loopback nor an internal network of the engine's.
fn is_out_of_reach(host: &Host) -> bool {
    host.config.transport != Transport::Socket && is_in_container()
}

/// It was running a moment ago.
pub(crate) fn ended(label: &InstanceLabel) -> Error {
    Error::new(
        ErrorKind::InstanceFailed,
        format!("the container of tenant `{}` ended at once", label.id),
    )
    .with_remedy(format!("see why with `pgs logs {}`", label.id))
}

const LINES: usize = 15;
const OUT_OF_REACH: &str = "if the log says that the server is ready, pgs cannot reach it: give the container that pgs \
     runs in the host's network (`network_mode: host`), or use `transport = \"socket\"`";
