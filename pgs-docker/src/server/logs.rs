use crate::{
    engine::{FREE_SOME, is_disk_full, is_not_found},
    host::Host,
};
use bollard::{container::LogOutput, query_parameters::LogsOptionsBuilder};
use futures_util::TryStreamExt;
use pgs_core::{Error, ErrorKind, Result};
use std::time::Duration;
use tokio::time::timeout;

/// The last lines that a container wrote; nothing where there is no container.
pub(crate) async fn tail(host: &Host, container: &str, lines: usize) -> Result<String> {
    let options = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .tail(&lines.to_string())
        .build();
    let mut log = Box::pin(host.engine.docker().logs(container, Some(options)));
    let mut text = Vec::new();
    loop {
        // What came is better than nothing, where the engine stalls.
        let Ok(next) = timeout(STALL, log.try_next()).await else {
            break;
        };
        match next {
            Ok(Some(part)) => text.extend_from_slice(&bytes(part)),
            Ok(None) => break,
            Err(error) if is_not_found(&error) => break,
            Err(error) => return Err(host.engine.failed("read the server's log", error)),
        }
    }
    Ok(String::from_utf8_lossy(&text).trim_end().to_owned())
}

/// The error of a program that ended with these words in its log. Where they tell of a full disk, the remedy is another.
pub(crate) fn failure(message: String, words: &str, remedy: &str) -> Error {
    if is_disk_full(words) {
        return Error::new(ErrorKind::ResourceExhausted, message).with_remedy(FREE_SOME);
    }
    Error::new(ErrorKind::InstanceFailed, message).with_remedy(remedy)
}

fn bytes(part: LogOutput) -> bytes::Bytes {
    part.into_bytes()
}

const STALL: Duration = Duration::from_secs(10);
