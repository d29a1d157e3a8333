use super::{DIRECTORY, Report};
use axum::{
    body::{Body, to_bytes},
    http::StatusCode,
};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use hyperlocal::{UnixConnector, Uri};
use pgs_core::{Error, Result};
use std::{
    error::Error as StdError,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{task::JoinSet, time::timeout};

/// The proxies that run over one state directory.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Running {
    /// What each of them tells, by process id.
    pub reports: Vec<Report>,
    /// Sockets on which nobody told anything in time.
    pub silent: Vec<PathBuf>,
}

/// Asks every proxy that runs over this state directory, all at one time, for a second at most.
///
/// Only a directory that cannot be read is an error; none, where nothing ever ran, is not. Sockets that processes left
/// behind are removed.
pub async fn running(state_dir: &Path) -> Result<Running> {
    let mut asked = JoinSet::new();
    for socket in sockets(&state_dir.join(DIRECTORY))? {
        asked.spawn(async move {
            let answer = timeout(PATIENCE, ask(&socket)).await;
            (socket, answer.unwrap_or(Answer::None))
        });
    }
    let mut running = Running::default();
    for (socket, answer) in asked.join_all().await {
        match answer {
            Answer::Report(report) => running.reports.push(*report),
            Answer::None => running.silent.push(socket),
            Answer::NobodyThere => remove(&socket),
        }
    }
    running.reports.sort_by_key(|report| report.pid);
    running.silent.sort();
    Ok(running)
}

#[derive(Debug)]
enum Answer {
    Report(Box<Report>),
    None,
    NobodyThere,
}

fn sockets(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let message = format!("`{}` cannot be read", directory.display());
            return Err(Error::io(message, error));
        }
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let is_status = |path: &PathBuf| path.extension().is_some_and(|end| end == "status");
    Ok(paths.filter(is_status).collect())
}

async fn ask(socket: &Path) -> Answer {
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build(UnixConnector);
    let answer = match client.get(Uri::new(socket, "/report").into()).await {
        Ok(answer) if answer.status() == StatusCode::OK => answer,
        Ok(_) => return Answer::None,
        Err(error) if is_refused(&error) => return Answer::NobodyThere,
        Err(error) => {
            tracing::debug!(socket = %socket.display(), %error, "a proxy does not answer");
            return Answer::None;
        }
    };
    let Ok(bytes) = to_bytes(Body::new(answer.into_body()), LONGEST).await else {
        return Answer::None;
    };
    serde_json::from_slice(&bytes).map_or(Answer::None, |report| Answer::Report(Box::new(report)))
}

/// A socket is there, and no process listens on it.
fn is_refused(error: &(dyn StdError + 'static)) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
        || error.source().is_some_and(is_refused)
}

fn remove(socket: &Path) {
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::debug!(socket = %socket.display(), %error, "a socket that was left behind stays");
        }
        _ => {}
    }
}

const PATIENCE: Duration = Duration::from_secs(1);
/// Fifty thousand sessions with long names.
const LONGEST: usize = 32 << 20;
