use super::Reference;
use bollard::auth::DockerCredentials;
use docker_credential::{CredentialRetrievalError as Failure, DockerCredential};
use std::{
    fs::File,
    io::{self, BufReader},
    path::Path,
};

/// Who a registry is told that we are.
#[derive(Debug, Default)]
pub(super) struct Login {
    /// Nobody, for anonymous access.
    pub(super) credentials: Option<DockerCredentials>,
    /// Why there are none, if there might have been.
    pub(super) problem: Option<String>,
}

/// The credentials that the Docker command would use, from its configuration or a helper program that this names.
pub(super) async fn find(config: Option<&Path>, reference: &Reference) -> Login {
    let Some(config) = config.map(Path::to_owned) else {
        return Login::default();
    };
    let key = reference.credentials_key().to_owned();
    let read = tokio::task::spawn_blocking(move || read(&config, &key));
    let login = read
        .await
        .unwrap_or_else(|error| Login::failed(error.to_string()));
    if let Some(problem) = &login.problem {
        tracing::warn!(
            registry = reference.registry(),
            problem,
            "pulling without credentials"
        );
    }
    login
}

fn read(config: &Path, key: &str) -> Login {
    let file = match File::open(config) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Login::default(),
        Err(error) => {
            return Login::failed(format!("`{}` cannot be read: {error}", config.display()));
        }
    };
    match docker_credential::get_credential_from_reader(BufReader::new(file), key) {
        Ok(credential) => Login::with(credential, key),
        Err(failure) if is_nobody(&failure) => Login::default(),
        Err(failure) => Login::failed(describe(&failure, config)),
    }
}

impl Login {
    fn with(credential: DockerCredential, key: &str) -> Self {
        let mut credentials = DockerCredentials {
            serveraddress: Some(key.to_owned()),
            ..DockerCredentials::default()
        };
        match credential {
            DockerCredential::IdentityToken(token) => credentials.identitytoken = Some(token),
            DockerCredential::UsernamePassword(name, password) => {
                credentials.username = Some(name);
                credentials.password = Some(password);
            }
        }
        Self {
            credentials: Some(credentials),
            problem: None,
        }
    }

    fn failed(problem: String) -> Self {
        Self {
            credentials: None,
            problem: Some(problem),
        }
    }
}

/// Whether nobody has logged in. A helper program says so with an exit code and these words.
fn is_nobody(failure: &Failure) -> bool {
    match failure {
        Failure::NoCredentialConfigured | Failure::ConfigNotFound => true,
        Failure::HelperFailure { stdout, .. } => stdout.contains("credentials not found"),
        _ => false,
    }
}

fn describe(failure: &Failure, config: &Path) -> String {
    let config = config.display();
    match failure {
        Failure::HelperFailure {
            helper,
            stdout,
            stderr,
        } => {
            let words = [stdout.trim(), stderr.trim()].join(" ");
            format!("`{helper}`, which `{config}` names, says: {}", words.trim())
        }
        Failure::HelperCommunicationError => {
            format!("the credential helper that `{config}` names cannot be run or does not listen")
        }
        Failure::MalformedHelperResponse => {
            format!("the credential helper that `{config}` names does not answer as one")
        }
        Failure::ConfigReadError => format!("`{config}` is damaged"),
        _ => format!("the credentials in `{config}` cannot be read"),
    }
}
