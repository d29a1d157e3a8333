//! That a server ended, and why.

use crate::{engine::is_not_found, holder, host::Host};
use bollard::models::ContainerInspectResponse;
use pgs_core::{ByteSize, ErrorKind, Result, TenantUid};

/// Waits until no server of this tenant runs. An engine that is away is waited for: what became of its containers is known
/// when it is back.
pub(crate) async fn exited(host: &Host, uid: TenantUid) -> Result<()> {
    loop {
        let news = host.watch.news_of(uid);
        let next = news.notified();
        tokio::pin!(next);
        // Registered before the look, so that nothing in between is missed.
        next.as_mut().enable();
        match is_running(host, uid).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) if is_away(error.kind()) => {}
            Err(error) => return Err(error),
        }
        next.await;
    }
}

async fn is_running(host: &Host, uid: TenantUid) -> Result<bool> {
    match holder::find(host, uid).await? {
        Some(holder) => holder::is_running(host, &holder.id).await,
        None => Ok(false),
    }
}

fn is_away(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::MissingDependency | ErrorKind::Busy | ErrorKind::Timeout
    )
}

/// Why the container that ran last ended, in words; none while it runs, and where it ended in order.
pub(crate) async fn reason(host: &Host, uid: TenantUid) -> Result<Option<String>> {
    let Some(holder) = holder::find(host, uid).await? else {
        return Ok(Some("its container was removed".to_owned()));
    };
    match host
        .engine
        .docker()
        .inspect_container(&holder.id, None)
        .await
    {
        Ok(found) => Ok(words(&found)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(host.engine.failed("look at the container", error)),
    }
}

fn words(found: &ContainerInspectResponse) -> Option<String> {
    let state = found.state.as_ref()?;
    if state.running == Some(true) {
        return None;
    }
    if state.oom_killed == Some(true) {
        let limit = found.host_config.as_ref().and_then(|config| config.memory);
        let limit = limit
            .and_then(|bytes| u64::try_from(bytes).ok())
            .filter(|bytes| *bytes > 0);
        let limit = limit.map_or_else(String::new, |bytes| {
            format!(" of {}", ByteSize::from_bytes(bytes))
        });
        return Some(format!(
            "the kernel killed it because its memory limit{limit} was reached (out of memory)"
        ));
    }
    if let Some(error) = state.error.as_deref().filter(|error| !error.is_empty()) {
        return Some(error.to_owned());
    }
    match state.exit_code {
        Some(0) | None => None,
        Some(code @ 129..=192) => Some(format!("it was killed by signal {}", code - 128)),
        Some(code) => Some(format!("it ended with exit code {code}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::{ContainerState, HostConfig};

    fn ended(change: impl FnOnce(&mut ContainerState)) -> Option<String> {
        let mut state = ContainerState {
            running: Some(false),
            exit_code: Some(0),
            ..ContainerState::default()
        };
        change(&mut state);
        let host_config = HostConfig {
            memory: Some(64 << 20),
            ..HostConfig::default()
        };
        words(&ContainerInspectResponse {
            state: Some(state),
            host_config: Some(host_config),
            ..ContainerInspectResponse::default()
        })
    }

    #[test]
    fn an_end_out_of_memory_is_told_from_others() {
        let oom =
            ended(|state| (state.oom_killed, state.exit_code) = (Some(true), Some(137))).unwrap();
        assert!(
            oom.contains("64M") && oom.contains("out of memory"),
            "{oom}"
        );
        assert_eq!(
            ended(|state| state.exit_code = Some(137)).unwrap(),
            "it was killed by signal 9"
        );
        assert_eq!(
            ended(|state| state.exit_code = Some(2)).unwrap(),
            "it ended with exit code 2"
        );
        assert_eq!(ended(|_| ()), None);
        assert_eq!(ended(|state| state.running = Some(true)), None);
    }
}
