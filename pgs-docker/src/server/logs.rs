use crate::{
    engine::{FREE_SOME, is_disk_full, is_not_found},
    host::Host,
};
use bollard::{container::LogOutput, query_parameters::LogsOptionsBuilder};
use bytes::Buf;
use futures_util::TryStreamExt;
use pgs_core::{Error, ErrorKind, Result};
use std::time::Duration;
use tokio::time::timeout;

/// The last lines that a container wrote; nothing where there is no container.
pub(crate) async fn tail(host: &Host, container: &str, lines: usize) -> Result<String> {
    let mut wanted = lines;
    let torn = loop {
        let log = read(host, container, &wanted.to_string(), usize::MAX).await?;
        // Depending on where it finds itself, the engine says so or says nothing.
        if !log.is_empty() && !is_torn(&log) {
            return Ok(log);
        }
        // Fewer may all have come after the tear.
        if wanted <= 1 {
            break log;
        }
        wanted /= 2;
    };
    // From its end the engine finds nothing any more; from its beginning, all up to the tear.
    let whole = read(host, container, "all", LONGEST).await?;
    let skipped = whole.lines().count().saturating_sub(lines);
    if whole.is_empty() {
        return Ok(torn);
    }
    let torn = if torn.is_empty() {
        SILENTLY_TORN
    } else {
        &torn
    };
    let told = whole.lines().skip(skipped).chain([torn]);
    Ok(told.collect::<Vec<_>>().join("\n"))
}

/// Of more than `limit` bytes only the end.
async fn read(host: &Host, container: &str, lines: &str, limit: usize) -> Result<String> {
    let options = LogsOptionsBuilder::new()
        .stdout(true)
        .stderr(true)
        .tail(lines)
        .build();
    let mut log = Box::pin(host.engine.docker().logs(container, Some(options)));
    let mut text = Vec::new();
    loop {
        // What came is better than nothing, where the engine stalls.
        let Ok(next) = timeout(STALL, log.try_next()).await else {
            break;
        };
        match next {
            Ok(Some(part)) => {
                text.extend_from_slice(&bytes(part));
                if text.len() / 2 > limit {
                    text.drain(..text.len() - limit);
                }
            }
            Ok(None) => break,
            Err(error) if is_not_found(&error) => break,
            Err(error) => return Err(host.engine.failed("read the server's log", error)),
        }
    }
    Ok(String::from_utf8_lossy(&text).trim_end().to_owned())
}

/// Whether the engine could not write the log at some time: it ends in the engine's own words about a record that is not
/// whole.
fn is_torn(log: &str) -> bool {
    log.lines()
        .next_back()
        .is_some_and(|line| line.starts_with(TORN))
}

/// The error of a program that ended with these words in its log. Where they tell of a full disk, or the engine had no
/// room to write them down, the remedy is another.
pub(crate) fn failure(message: String, words: &str, remedy: &str) -> Error {
    if is_disk_full(words) || is_torn(words) {
        return Error::new(ErrorKind::ResourceExhausted, message).with_remedy(FREE_SOME);
    }
    Error::new(ErrorKind::InstanceFailed, message).with_remedy(remedy)
}

fn bytes(part: LogOutput) -> bytes::Bytes {
    let mut bytes = part.into_bytes();
    // bollard does not know the frames of the engine's own errors and leaves their head on: the stream's number, three zeros, a
    // length (Engine API, "Attach to a container"; `pkg/stdcopy` of the engine has the number).
    if bytes.starts_with(&[SYSTEM_ERROR, 0, 0, 0]) {
        bytes.advance(FRAME_HEAD.min(bytes.len()));
    }
    bytes
}

const STALL: Duration = Duration::from_secs(10);
const SYSTEM_ERROR: u8 = 3;
const FRAME_HEAD: usize = 8;
const TORN: &str = "Error grabbing logs:";
const SILENTLY_TORN: &str = "Error grabbing logs: from its end the engine finds nothing";
/// Bytes; far more than the lines that anybody asks for.
const LONGEST: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_log_is_the_work_of_a_full_disk() {
        let kind = |words: &str| failure(String::new(), words, "").kind();
        let torn = "LOG:  starting\nError grabbing logs: unexpected EOF";
        assert_eq!(kind(torn), ErrorKind::ResourceExhausted);
        let full = "PANIC:  could not write: No space left on device\nLOG:  ended";
        assert_eq!(kind(full), ErrorKind::ResourceExhausted);
        let quoted = "Error grabbing logs: as a server may say\nLOG:  ended";
        assert_eq!(kind(quoted), ErrorKind::InstanceFailed);
    }
}
