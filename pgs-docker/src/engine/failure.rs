use super::{Address, FREE_SOME, is_exhausted};
use bollard::errors::Error as DockerError;
use pgs_core::{Error, ErrorKind};
use std::{error, io, path::Path};

/// What went wrong while doing this with the engine at this address, in the engine's own words.
pub(super) fn explain(address: &Address, doing: &str, failed: DockerError) -> Error {
    match failed {
        DockerError::DockerResponseServerError {
            status_code,
            message,
        } => refused(doing, status_code, &message),
        DockerError::DockerStreamError { error } => said(kind_of_words(&error), doing, error),
        DockerError::DockerContainerWaitError { error, code } => said(
            ErrorKind::Internal,
            doing,
            format!("exit code {code} {error}"),
        ),
        DockerError::RequestTimeoutError => late(address, doing),
        DockerError::SocketNotFoundError(_) => absent(address, "no such file".to_owned()),
        DockerError::HyperLegacyError { ref err } if err.is_connect() => unreachable(address, err),
        DockerError::HyperLegacyError { .. }
        | DockerError::HyperResponseError { .. }
        | DockerError::IOError { .. } => broken_off(address, doing, &failed),
        other => said(ErrorKind::Internal, doing, other.to_string()),
    }
}

/// Whether the engine has nothing of that name.
pub(crate) fn is_not_found(error: &DockerError) -> bool {
    status(error) == Some(404)
}

/// Whether the name is taken, or the container is in a state that does not allow this.
pub(crate) fn is_conflict(error: &DockerError) -> bool {
    status(error) == Some(409)
}

/// Whether the engine does not find, on its own machine, a directory that it is to mount.
pub(crate) fn is_unseen_directory(error: &DockerError) -> bool {
    matches!(error, DockerError::DockerResponseServerError { status_code: 400, message }
        if message.contains("bind source path does not exist"))
}

/// A start of what runs already, or a stop of what does not, is a success.
pub(crate) fn or_not_modified(done: Result<(), DockerError>) -> Result<(), DockerError> {
    done.or_else(|error| match status(&error) {
        Some(304) => Ok(()),
        _ => Err(error),
    })
}

fn status(error: &DockerError) -> Option<u16> {
    match error {
        DockerError::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// The engine answered, with a refusal.
fn refused(doing: &str, status: u16, words: &str) -> Error {
    let kind = match status {
        400 => ErrorKind::InvalidInput,
        401 | 403 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        503 => ErrorKind::Busy,
        _ => kind_of_words(words),
    };
    let words = match words.trim() {
        "" => format!("the Docker Engine answers with status {status} and no words"),
        words => words.to_owned(),
    };
    said(kind, doing, words)
}

fn kind_of_words(words: &str) -> ErrorKind {
    if is_exhausted(words) {
        ErrorKind::ResourceExhausted
    } else {
        ErrorKind::Internal
    }
}

fn said(kind: ErrorKind, doing: &str, words: String) -> Error {
    let error = Error::new(kind, format!("cannot {doing}")).with_source(words);
    match kind {
        ErrorKind::ResourceExhausted => error.with_remedy(FREE_SOME),
        ErrorKind::Busy => {
            error.with_remedy("wait until the engine is ready again, then repeat it")
        }
        _ => error,
    }
}

/// There was no connection to begin with.
fn unreachable(address: &Address, failed: &(dyn error::Error + 'static)) -> Error {
    let root = root_of(failed);
    let denied = root
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
    if denied {
        forbidden(address, root.to_string())
    } else {
        absent(address, root.to_string())
    }
}

fn absent(address: &Address, why: String) -> Error {
    let message = format!("no Docker Engine answers at {address}");
    let remedy = if address.is_local() {
        start_it(is_in_container())
    } else {
        REACH_IT.to_owned()
    };
    Error::new(ErrorKind::MissingDependency, message)
        .with_source(why)
        .with_remedy(remedy)
}

/// An engine that runs well is away for a container that was not given its socket.
fn start_it(in_container: bool) -> String {
    if in_container {
        format!("{MOUNT_IT}; else {START_IT}")
    } else {
        START_IT.to_owned()
    }
}

/// Docker and Podman leave these files in every container.
pub(crate) fn is_in_container() -> bool {
    ["/.dockerenv", "/run/.containerenv"]
        .iter()
        .any(|mark| Path::new(mark).exists())
}

fn forbidden(address: &Address, why: String) -> Error {
    let user = rustix::process::geteuid().as_raw();
    let message = format!("user {user} may not use the Docker Engine at {address}");
    Error::new(ErrorKind::PermissionDenied, message)
        .with_source(why)
        .with_remedy(format!(
            "usermod -aG docker $(id -un {user}), and a new login (its members can become root); or run pgs as root"
        ))
}

/// There was a connection, and it ended in the middle: the engine is stopping, or has died.
fn broken_off(address: &Address, doing: &str, failed: &DockerError) -> Error {
    let root = root_of(failed).to_string();
    let message =
        format!("cannot {doing}: the connection to the Docker Engine at {address} broke off");
    Error::new(ErrorKind::Busy, message)
        .with_source(root)
        .with_remedy("wait until the engine runs again (`docker info` tells), then repeat it")
}

fn late(address: &Address, doing: &str) -> Error {
    let message =
        format!("cannot {doing}: the Docker Engine at {address} has not answered in time");
    Error::new(ErrorKind::Timeout, message).with_remedy(
        "look again later; if `docker info` does not answer either, restart the engine: systemctl restart docker",
    )
}

/// The innermost error: what bollard and hyper wrap around it says less.
fn root_of<'a>(error: &'a (dyn error::Error + 'static)) -> &'a (dyn error::Error + 'static) {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root
}

#[cfg(target_os = "linux")]
const START_IT: &str = "start it with `systemctl start docker`, install it (Debian, Ubuntu: `apt-get install docker.io`), \
     or name another engine with DOCKER_HOST or `[docker] host`";
#[cfg(not(target_os = "linux"))]
const START_IT: &str =
    "start or install Docker Desktop, or name another engine with DOCKER_HOST or `[docker] host`";
const MOUNT_IT: &str = "give the container that pgs runs in the engine's socket (`--volume /var/run/docker.sock:/var/run/docker.sock`)";
const REACH_IT: &str = "start it, check the address and the network, or name another engine with DOCKER_HOST or `[docker] host`";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Surroundings;

    #[test]
    fn a_socket_that_refuses_the_user_names_the_group_to_join() {
        let surroundings = Surroundings::default();
        let address = Address::resolve(Some("unix:///var/run/docker.sock"), &surroundings).unwrap();
        let denied = io::Error::from_raw_os_error(13);
        let error = unreachable(&address, &denied);
        println!("{error:?}");
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.remedy().unwrap().contains("usermod -aG docker"));
        assert!(error.to_string().contains("unix:///var/run/docker.sock"));
    }

    #[test]
    fn inside_a_container_the_first_remedy_is_the_engines_socket() {
        assert!(start_it(true).starts_with("give the container"));
        assert!(start_it(true).ends_with(&start_it(false)));
    }

    #[test]
    fn an_already_running_container_was_started() {
        let answer = |status_code| DockerError::DockerResponseServerError {
            status_code,
            message: String::new(),
        };
        assert!(or_not_modified(Err(answer(304))).is_ok());
        assert!(or_not_modified(Err(answer(409))).is_err());
        assert!(is_conflict(&answer(409)) && is_not_found(&answer(404)));
    }
}
