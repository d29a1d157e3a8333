use pgs_core::PgMajor;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// Where and how a [`DockerProvisioner`](crate::DockerProvisioner) works.
///
/// ```
/// use pgs_docker::DockerConfig;
///
/// let mut config = DockerConfig::new("./state");
/// config.image = "registry.example.com/postgres:{major}".to_owned();
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DockerConfig {
    /// The directory that holds sockets, secrets and templates; the data itself is in the engine's volumes.
    pub state_dir: PathBuf,
    /// Where the engine is, such as `unix:///var/run/docker.sock`. Default: `DOCKER_HOST`, else the context that
    /// `DOCKER_CONTEXT` or the Docker command's configuration names, else the usual socket.
    pub host: Option<String>,
    /// Whose containers and volumes are whose, where several installations share one engine. Default: the state
    /// directory's path.
    pub installation: Option<String>,
    /// The image of every major version; `{major}` stands for its number. Default: `postgres:{major}`.
    pub image: String,
    /// The image of one major version, instead.
    pub images: BTreeMap<PgMajor, String>,
    /// Whether an image that the engine does not have is pulled. Default: yes.
    pub pull: bool,
    /// The user inside the container that the server runs as. Default: `postgres`.
    pub user: String,
    /// Whether the container's root file system is read-only. Default: yes.
    pub read_only: bool,
    /// How servers are reached. Default: a Unix socket.
    pub transport: Transport,
    /// A directory whose `*.sql` and `*.sh` the image runs when a tenant is made, as `/docker-entrypoint-initdb.d`.
    /// Default: none, and tenants are copied from a template.
    pub initdb_dir: Option<PathBuf>,
    /// How long a server may take to answer its first query. Default: 60 seconds.
    pub start_timeout: Duration,
    /// How long, while it says that it is recovering. Default: 10 minutes.
    pub recovery_timeout: Duration,
    /// How long a stop may take before it is reported as going on. Default: 2 minutes.
    pub stop_timeout: Duration,
}

/// How the proxy and the manager reach a server in its container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// A Unix socket in a bind-mounted directory; the container has no network at all. Linux only.
    #[default]
    Socket,
    /// TCP on an internal bridge network on which containers cannot reach each other. Linux only.
    Bridge,
    /// TCP on a port of the host's loopback address, for engines in a virtual machine such as Docker Desktop.
    Published,
}

impl Transport {
    /// The name that labels carry, such as `socket`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Bridge => "bridge",
            Self::Published => "published",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Socket, Self::Bridge, Self::Published]
            .into_iter()
            .find(|transport| transport.name() == name)
    }
}

impl DockerConfig {
    /// Everything under this directory, the rest by default.
    pub fn new(state_dir: impl Into<PathBuf>) -> Self {
        Self {
            state_dir: state_dir.into(),
            host: None,
            installation: None,
            image: "postgres:{major}".to_owned(),
            images: BTreeMap::new(),
            pull: true,
            user: "postgres".to_owned(),
            read_only: true,
            transport: Transport::default(),
            initdb_dir: None,
            start_timeout: Duration::from_mins(1),
            recovery_timeout: Duration::from_mins(10),
            stop_timeout: Duration::from_mins(2),
        }
    }

    /// The image of this major version.
    pub(crate) fn image_of(&self, major: PgMajor) -> String {
        let own = self.images.get(&major);
        own.unwrap_or(&self.image)
            .replace("{major}", &major.to_string())
    }
}
