use super::{Surroundings, context};
use pgs_core::{Error, ErrorKind, Result};
use std::{
    fmt,
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
        match context::current(surroundings)? {
            Some(name) => {
                let url = context::endpoint(&name, surroundings)?;
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
        let path = usual_socket(PathBuf::from(USUAL), surroundings.runtime_dir.as_deref());
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

/// A rootless engine's socket, where it is the only one.
fn usual_socket(usual: PathBuf, runtime_dir: Option<&Path>) -> PathBuf {
    let rootless = runtime_dir.map(|dir| dir.join("docker.sock"));
    match rootless.filter(|socket| socket.exists()) {
        Some(socket) if !usual.exists() => socket,
        _ => usual,
    }
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

pub(super) const USUAL: &str = "/var/run/docker.sock";
pub(super) const NAME_ANOTHER: &str = "name an engine with DOCKER_HOST or `[docker] host`";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The name's hash, as the Docker command computes it: `printf desktop | sha256sum`.
    const DESKTOP: &str = "68693d02ab4fbb2331b8cc39915322e48e61f06d4d1b31e7d19913202857bc8a";

    fn configured(dir: &Path, config: &str) -> Surroundings {
        fs::write(dir.join("config.json"), config).unwrap();
        Surroundings {
            config_dir: Some(dir.to_owned()),
            ..Surroundings::default()
        }
    }

    fn add_context(dir: &Path, hash: &str, host: &str) {
        let dir = dir.join("contexts/meta").join(hash);
        fs::create_dir_all(&dir).unwrap();
        let meta = serde_json::json!({
            "Name": "desktop", "Metadata": {}, "Endpoints": { "docker": { "Host": host, "SkipTLSVerify": false } }
        });
        fs::write(dir.join("meta.json"), meta.to_string()).unwrap();
    }

    fn resolve(surroundings: &Surroundings) -> String {
        Address::resolve(None, surroundings).unwrap().to_string()
    }

    fn refusal(explicit: Option<&str>, surroundings: &Surroundings) -> (ErrorKind, String) {
        let error = Address::resolve(explicit, surroundings).unwrap_err();
        assert!(error.remedy().is_some());
        (error.kind(), format!("{error:?}"))
    }

    #[test]
    fn what_is_closest_to_the_user_wins() {
        let dir = tempfile::tempdir().unwrap();
        add_context(dir.path(), DESKTOP, "unix:///run/desktop.sock");
        let mut surroundings = configured(dir.path(), r#"{"currentContext": "desktop"}"#);
        assert_eq!(
            resolve(&surroundings),
            "unix:///run/desktop.sock (from the Docker context `desktop`)"
        );
        surroundings.context = Some("default".to_owned());
        assert!(resolve(&surroundings).starts_with("unix:///"));
        assert!(!resolve(&surroundings).contains("context"));
        surroundings.context = Some("desktop".to_owned());
        assert!(resolve(&surroundings).contains("/run/desktop.sock"));
        surroundings.host = Some("unix:///run/host.sock".to_owned());
        assert_eq!(
            resolve(&surroundings),
            "unix:///run/host.sock (from DOCKER_HOST)"
        );
        let address = Address::resolve(Some("unix:///run/own.sock"), &surroundings).unwrap();
        assert_eq!(address.to_string(), "unix:///run/own.sock (as configured)");
        assert_eq!(
            address.scheme(),
            &Scheme::Unix(PathBuf::from("/run/own.sock"))
        );
        assert!(address.is_local());
    }

    #[test]
    fn nothing_configured_means_the_usual_socket() {
        let dir = tempfile::tempdir().unwrap();
        for config in [
            "{}",
            r#"{"currentContext": "default", "auths": {}}"#,
            r#"{"currentContext": ""}"#,
        ] {
            assert!(!resolve(&configured(dir.path(), config)).contains('('));
        }
        let nowhere = Some(dir.path().join("nowhere"));
        let surroundings = Surroundings {
            config_dir: nowhere,
            ..Surroundings::default()
        };
        assert_eq!(resolve(&surroundings), resolve(&Surroundings::default()));
    }

    #[test]
    fn a_rootless_engine_is_used_where_there_is_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let (usual, runtime) = (dir.path().join("usual.sock"), dir.path().join("runtime"));
        assert_eq!(usual_socket(usual.clone(), Some(&runtime)), usual);
        fs::create_dir(&runtime).unwrap();
        fs::write(runtime.join("docker.sock"), "").unwrap();
        assert_eq!(
            usual_socket(usual.clone(), Some(&runtime)),
            runtime.join("docker.sock")
        );
        assert_eq!(usual_socket(usual.clone(), None), usual);
        fs::write(&usual, "").unwrap();
        assert_eq!(usual_socket(usual.clone(), Some(&runtime)), usual);
    }

    #[test]
    fn a_context_that_is_missing_or_empty_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut surroundings = configured(dir.path(), r#"{"currentContext": "desktop"}"#);
        let (kind, text) = refusal(None, &surroundings);
        assert_eq!(kind, ErrorKind::InvalidInput);
        assert!(
            text.contains("`desktop`") && text.contains("config.json"),
            "{text}"
        );
        surroundings.context = Some("other".to_owned());
        let (_, text) = refusal(None, &surroundings);
        assert!(
            text.contains("`other`, which DOCKER_CONTEXT names"),
            "{text}"
        );
        surroundings.context = None;
        add_context(dir.path(), DESKTOP, "");
        let (_, text) = refusal(None, &surroundings);
        assert!(text.contains("names no engine"), "{text}");
    }

    #[test]
    fn a_configuration_that_cannot_be_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (kind, text) = refusal(None, &configured(dir.path(), "{"));
        assert_eq!(kind, ErrorKind::InvalidInput);
        assert!(text.contains("config.json` is damaged"), "{text}");
        fs::remove_file(dir.path().join("config.json")).unwrap();
        fs::create_dir(dir.path().join("config.json")).unwrap();
        let surroundings = Surroundings {
            config_dir: Some(dir.path().to_owned()),
            ..Surroundings::default()
        };
        let (_, text) = refusal(None, &surroundings);
        assert!(
            text.contains("cannot read the Docker configuration"),
            "{text}"
        );
    }

    #[test]
    fn an_address_that_cannot_be_used_names_its_origin_and_a_way_out() {
        let none = Surroundings::default();
        for (url, kind, remedy) in [
            ("ssh://me@host", ErrorKind::Unsupported, "ssh -L"),
            (
                "npipe:////./pipe/docker_engine",
                ErrorKind::Unsupported,
                "unix:///var/run/docker.sock",
            ),
            (
                "unix://docker.sock",
                ErrorKind::Unsupported,
                "absolute path",
            ),
            (
                "/run/docker.sock",
                ErrorKind::InvalidInput,
                "unix:///run/docker.sock",
            ),
            (
                "localhost:2375",
                ErrorKind::InvalidInput,
                "unix:///var/run/docker.sock",
            ),
            ("", ErrorKind::InvalidInput, "unix:///var/run/docker.sock"),
        ] {
            let (found, text) = refusal(Some(url), &none);
            assert_eq!(found, kind, "{url}");
            assert!(text.contains(&format!("`{url}` (as configured)")), "{text}");
            assert!(text.contains(remedy), "{text}");
        }
    }

    #[cfg(not(feature = "http"))]
    #[test]
    fn tcp_needs_a_feature() {
        let (kind, text) = refusal(Some("tcp://127.0.0.1:2375"), &Surroundings::default());
        assert_eq!(kind, ErrorKind::Unsupported);
        assert!(text.contains("feature `http`"), "{text}");
    }

    #[cfg(feature = "http")]
    #[test]
    fn an_engine_at_a_tcp_address_is_not_local() {
        let none = Surroundings::default();
        let address = Address::resolve(Some("tcp://127.0.0.1:2375"), &none).unwrap();
        assert!(!address.is_local());
    }
}
