use super::Reference;
use crate::engine::Engine;
use bollard::errors::Error as DockerError;
use pgs_core::{Error, ErrorKind};

/// Why an image cannot be pulled. The engine has no codes for that, only its words and the registry's.
pub(super) fn explain(engine: &Engine, reference: &Reference, failed: DockerError) -> Error {
    let doing = format!("pull the image `{reference}`");
    let words = match &failed {
        DockerError::DockerResponseServerError { message, .. } => message.to_lowercase(),
        DockerError::DockerStreamError { error } => error.to_lowercase(),
        _ => return engine.failed(&doing, failed),
    };
    let failed = engine.failed(&doing, failed);
    if failed.kind() == ErrorKind::ResourceExhausted {
        return failed;
    }
    let (kind, remedy) = read(&words, reference);
    Error::new(kind, failed.to_string())
        .with_source(words_of(&failed))
        .with_remedy(remedy)
}

/// The same when there might have been credentials, which could not be read.
pub(super) fn without_credentials(reference: &Reference, refused: &Error, problem: &str) -> Error {
    let words = words_of(refused);
    let registry = reference.registry();
    Error::new(refused.kind(), refused.to_string())
        .with_source(format!(
            "{words}; no credentials were sent, since {problem}"
        ))
        .with_remedy(format!("correct that, or docker login {registry}"))
}

fn words_of(error: &Error) -> String {
    let source = std::error::Error::source(error);
    source.map(ToString::to_string).unwrap_or_default()
}

fn read(words: &str, reference: &Reference) -> (ErrorKind, String) {
    let has = |signs: &[&str]| signs.iter().any(|sign| words.contains(sign));
    let registry = reference.registry();
    if has(&["toomanyrequests", "too many requests", "rate limit"]) {
        (
            ErrorKind::ResourceExhausted,
            format!("docker login {registry}, which raises the limit, or wait some hours"),
        )
    } else if has(&UNAUTHORIZED) {
        (
            ErrorKind::PermissionDenied,
            format!("docker login {registry}, as the user that pgs runs as"),
        )
    } else if has(&["access denied", "denied:"]) {
        (
            ErrorKind::PermissionDenied,
            format!(
                "check the name in `[docker] image = ...`; if the image is private, docker login {registry}, as the user that pgs runs as"
            ),
        )
    } else if has(&UNKNOWN) {
        (
            ErrorKind::MissingDependency,
            "name an image that exists for this machine: `[docker] image = ...`".to_owned(),
        )
    } else if has(&["timeout", "timed out", "deadline exceeded"]) {
        (
            ErrorKind::Timeout,
            format!(
                "check that the engine reaches {registry}, then repeat it: docker pull {reference}"
            ),
        )
    } else {
        (
            ErrorKind::MissingDependency,
            format!(
                "check that the engine reaches {registry}: docker pull {reference}; or bring the image there yourself: docker load"
            ),
        )
    }
}

const UNAUTHORIZED: [&str; 4] = [
    "unauthorized",
    "no basic auth credentials",
    "authentication required",
    "incorrect username or password",
];
const UNKNOWN: [&str; 5] = [
    "manifest unknown",
    "name unknown",
    "not found",
    "no matching manifest",
    "does not exist",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_registries_say_is_told_apart() {
        let reference = "ghcr.io/a/b:1".parse().unwrap();
        for (words, kind, remedy) in [
            (
                "get https://ghcr.io/v2/: no basic auth credentials",
                ErrorKind::PermissionDenied,
                "docker login ghcr.io",
            ),
            (
                "unauthorized: incorrect username or password",
                ErrorKind::PermissionDenied,
                "docker login ghcr.io",
            ),
            (
                "pull access denied for nosuch, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
                ErrorKind::PermissionDenied,
                "[docker] image",
            ),
            (
                "manifest for a/b:1 not found: manifest unknown: manifest unknown",
                ErrorKind::MissingDependency,
                "[docker] image",
            ),
            (
                "no matching manifest for linux/arm64/v8 in the manifest list entries",
                ErrorKind::MissingDependency,
                "[docker] image",
            ),
            (
                "toomanyrequests: you have reached your pull rate limit.",
                ErrorKind::ResourceExhausted,
                "docker login",
            ),
            (
                "get \"https://ghcr.io/v2/\": net/http: request canceled (client.timeout exceeded)",
                ErrorKind::Timeout,
                "docker pull ghcr.io/a/b:1",
            ),
            (
                "dial tcp: lookup ghcr.io: no such host",
                ErrorKind::MissingDependency,
                "docker load",
            ),
            (
                "dial tcp 127.0.0.1:5000: connect: connection refused",
                ErrorKind::MissingDependency,
                "docker load",
            ),
        ] {
            let (found, text) = read(words, &reference);
            assert_eq!(found, kind, "{words}");
            assert!(text.contains(remedy), "{words}: {text}");
        }
    }
}
