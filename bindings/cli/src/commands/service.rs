//! What a service manager is told: systemd's `Type=notify`. Without one, nothing.

use sd_notify::NotifyState;

/// Connections are accepted.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Sessions are being ended.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Another process is the service now. Only the one that was may say so.
pub(super) fn replaced_by(successor: Option<u32>) {
    if let Some(pid) = successor {
        tell(&[NotifyState::MainPid(pid)]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
