use pgs::{Error, Result};
use tokio::signal::unix::{SignalKind, signal};

/// Ready at the next SIGINT or SIGTERM, neither of which ends the process from here on.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot_receive)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot_receive)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

pub(crate) fn cannot_receive(cause: std::io::Error) -> Error {
    Error::io("signals cannot be received", cause)
}
