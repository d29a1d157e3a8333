use super::Surroundings;
use pgs_core::{Error, ErrorKind, Result};
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

/// Where an engine is, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    url: String,
    origin: Origin,
    at: Scheme,
}

/// Who named an address.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Configuration,
    DockerHost,
    Context(String),
    Default,
}

/// How an engine at an address is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Unix(PathBuf),
    #[cfg(feature = "http")]
    Http,
}

impl Address {
    /// This one if there is one, else `DOCKER_HOST`, else the context's, else the usual socket.
    pub(crate) fn resolve(explicit: Option<&str>, surroundings: &Surroundings) -> Result<Self> {
        if let Some(url) = explicit {
            return Self::parse(url, Origin::Configuration);
        }
        if let Some(url) = &surroundings.host {
            return Self::parse(url, Origin::DockerHost);
        }
        match context(surroundings)? {
            Some(name) => {
                let url = endpoint(&name, surroundings)?;
                Self::parse(&url, Origin::Context(name))
            }
            None => Ok(Self::usual(surroundings)),
        }
    }

    /// Whether the engine is on this machine, behind a Unix socket.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.at, Scheme::Unix(_))
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn scheme(&self) -> &Scheme {
        &self.at
    }

    fn parse(url: &str, origin: Origin) -> Result<Self> {
        let at = match url.split_once("://") {
            Some(("unix", path)) if path.starts_with('/') => Scheme::Unix(PathBuf::from(path)),
            #[cfg(feature = "http")]
            Some(("tcp" | "http", host)) if !host.is_empty() => Scheme::Http,
            Some((scheme, _)) => return Err(unsupported(url, scheme, &origin)),
            None => return Err(not_a_url(url, &origin)),
        };
        let url = url.to_owned();
        Ok(Self { url, origin, at })
    }

    fn usual(surroundings: &Surroundings) -> Self {
        let rootless = surroundings.runtime_dir.as_ref();
        let rootless = rootless.map(|dir| dir.join("docker.sock"));
        let usual = PathBuf::from(USUAL);
        let path = match rootless.filter(|socket| socket.exists()) {
            Some(socket) if !usual.exists() => socket,
            _ => usual,
        };
        Self {
            url: format!("unix://{}", path.display()),
            origin: Origin::Default,
            at: Scheme::Unix(path),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Default => f.write_str(&self.url),
            origin => write!(f, "{} ({origin})", self.url),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => f.write_str("as configured"),
            Self::DockerHost => f.write_str("from DOCKER_HOST"),
            Self::Context(name) => write!(f, "from the Docker context `{name}`"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// The context that is in use, unless it is the default one.
fn context(surroundings: &Surroundings) -> Result<Option<String>> {
    let name = match (&surroundings.context, &surroundings.config_dir) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(dir)) => {
            let config = read::<DockerConfigFile>(&dir.join("config.json"))?;
            config.unwrap_or_default().current_context
        }
        (None, None) => None,
    };
    Ok(name.filter(|name| !name.is_empty() && name != "default"))
}

/// The address that a context has in its metadata, which is stored under its name's hash.
fn endpoint(name: &str, surroundings: &Surroundings) -> Result<String> {
    let missing = || no_context(name, surroundings);
    let dir = surroundings.config_dir.as_ref().ok_or_else(missing)?;
    let hash = hex(&Sha256::digest(name));
    let path = dir.join("contexts/meta").join(hash).join("meta.json");
    let meta = read::<ContextFile>(&path)?.ok_or_else(missing)?;
    meta.endpoints
        .docker
        .and_then(|docker| docker.host)
        .filter(|host| !host.is_empty())
        .ok_or_else(|| {
            let message = format!("the Docker context `{name}` names no engine");
            Error::new(ErrorKind::InvalidInput, message).with_remedy(format!(
                "docker context update {name} --docker host=unix://{USUAL}, or {NAME_ANOTHER}"
            ))
        })
}

/// What a JSON file says, or nothing where there is no such file.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("cannot read the Docker configuration `{}`", path.display());
            let remedy = format!("let this user read it, or {NAME_ANOTHER}");
            return Err(Error::io(message, error).with_remedy(remedy));
        }
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        let message = format!("the Docker configuration `{}` is damaged", path.display());
        Error::new(ErrorKind::InvalidInput, message)
            .with_source(error)
            .with_remedy(format!("correct it, or {NAME_ANOTHER}"))
    })
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn no_context(name: &str, surroundings: &Surroundings) -> Error {
    let who = match (&surroundings.context, &surroundings.config_dir) {
        (None, Some(dir)) => format!("`{}`", dir.join("config.json").display()),
        _ => "DOCKER_CONTEXT".to_owned(),
    };
    let message = format!("there is no Docker context `{name}`, which {who} names");
    Error::new(ErrorKind::InvalidInput, message).with_remedy(format!(
        "choose one that `docker context ls` lists, or {NAME_ANOTHER}"
    ))
}

fn unsupported(url: &str, scheme: &str, origin: &Origin) -> Error {
    let message = format!("an engine at `{url}` ({origin}) cannot be used");
    let remedy = match scheme {
        "unix" => format!("name the socket's absolute path, such as unix://{USUAL}"),
        "tcp" | "http" => "build pgs-docker with its feature `http`, or use the engine's Unix socket".to_owned(),
        "ssh" => "run pgs on the engine's machine, or forward its socket: ssh -L /tmp/docker.sock:/var/run/docker.sock"
            .to_owned(),
        _ => format!("name a Unix socket, such as unix://{USUAL}"),
    };
    Error::new(ErrorKind::Unsupported, message).with_remedy(remedy)
}

fn not_a_url(url: &str, origin: &Origin) -> Error {
    let message = format!("`{url}` ({origin}) is not the address of a Docker Engine");
    let path = if url.starts_with('/') { url } else { USUAL };
    Error::new(ErrorKind::InvalidInput, message).with_remedy(format!("write it as unix://{path}"))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerConfigFile {
    current_context: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextFile {
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Default, Deserialize)]
struct Endpoints {
    docker: Option<DockerEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerEndpoint {
    host: Option<String>,
}

const USUAL: &str = "/var/run/docker.sock";
const NAME_ANOTHER: &str = "name an engine with DOCKER_HOST or `[docker] host`";
