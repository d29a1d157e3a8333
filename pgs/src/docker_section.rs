use crate::seconds::seconds;
use pgs_core::{PgMajor, Result};
use pgs_docker::{DockerConfig, Transport};
use serde::Deserialize;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// The provisioner of Docker containers: where the engine is and what it runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DockerSection {
    /// Where the engine is, such as `unix:///var/run/docker.sock`. Default: what the `docker` command would use.
    pub host: Option<String>,
    /// Whose containers and volumes are whose on one engine. Default: the state directory's path.
    pub installation: Option<String>,
    /// The image of every major version; `{major}` stands for its number. Default: `postgres:{major}`.
    pub image: String,
    /// The image of one major version, instead, such as `18 = "postgres:18.1-alpine"`.
    pub images: BTreeMap<String, String>,
    /// Whether an image that the engine does not have is pulled. Default: yes.
    pub pull: bool,
    /// The user inside the container that the server runs as. Default: `postgres`.
    pub user: String,
    /// Whether the container's root file system is read-only. Default: yes.
    pub read_only: bool,
    /// How servers are reached: `socket`, `bridge` or `published`. Default: socket.
    pub transport: TransportKind,
    /// A directory whose `*.sql` and `*.sh` the image runs when a tenant is made. Default: none.
    pub initdb_dir: Option<PathBuf>,
    /// Seconds until a server must have answered its first query. Default: 60.
    #[serde(deserialize_with = "seconds")]
    pub start_seconds: u64,
    /// Seconds that a stop may take before it is reported as going on. Default: 120.
    #[serde(deserialize_with = "seconds")]
    pub stop_seconds: u64,
}

/// How the proxy and the manager reach a server in its container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TransportKind {
    /// A Unix socket in a directory of the tenant's own; the container has no network at all.
    #[default]
    Socket,
    /// TCP on an internal bridge network.
    Bridge,
    /// TCP on a port of the host's loopback address.
    Published,
}

impl Default for DockerSection {
    fn default() -> Self {
        let docker = DockerConfig::new("");
        Self {
            host: docker.host,
            installation: docker.installation,
            image: docker.image,
            images: BTreeMap::new(),
            pull: docker.pull,
            user: docker.user,
            read_only: docker.read_only,
            transport: TransportKind::default(),
            initdb_dir: docker.initdb_dir,
            start_seconds: docker.start_timeout.as_secs(),
            stop_seconds: docker.stop_timeout.as_secs(),
        }
    }
}

impl DockerSection {
    /// What the provisioner is made from, with its own files below this state directory.
    pub(crate) fn docker_config(&self, state_dir: PathBuf) -> Result<DockerConfig> {
        let mut docker = DockerConfig::new(state_dir);
        docker.host.clone_from(&self.host);
        docker.installation.clone_from(&self.installation);
        docker.image.clone_from(&self.image);
        for (major, image) in &self.images {
            let major = major.parse::<PgMajor>()?;
            docker.images.insert(major, image.clone());
        }
        docker.pull = self.pull;
        docker.user.clone_from(&self.user);
        docker.read_only = self.read_only;
        docker.transport = self.transport.transport();
        docker.initdb_dir.clone_from(&self.initdb_dir);
        docker.start_timeout = Duration::from_secs(self.start_seconds);
        docker.stop_timeout = Duration::from_secs(self.stop_seconds);
        Ok(docker)
    }
}

impl TransportKind {
    fn transport(self) -> Transport {
        match self {
            Self::Socket => Transport::Socket,
            Self::Bridge => Transport::Bridge,
            Self::Published => Transport::Published,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, ProvisionerKind};
    use pgs_core::{ErrorKind, PgMajor};
    use pgs_docker::Transport;

    #[test]
    fn every_key_arrives() {
        let text = r#"
            state_dir = "/s"
            provisioner = "docker"
            [docker]
            host = "unix:///x.sock"
            installation = "here"
            image = "mirror/postgres:{major}"
            pull = false
            user = "999"
            read_only = false
            transport = "bridge"
            initdb_dir = "/initdb"
            start_seconds = 5
            stop_seconds = 7
            [docker.images]
            15 = "old:15"
        "#;
        let config: Config = text.parse().unwrap();
        assert_eq!(config.provisioner, ProvisionerKind::Docker);
        let docker = config.docker().unwrap();
        assert_eq!(docker.host.as_deref(), Some("unix:///x.sock"));
        assert_eq!(docker.installation.as_deref(), Some("here"));
        assert_eq!(docker.image, "mirror/postgres:{major}");
        assert_eq!(docker.images[&PgMajor::OLDEST], "old:15");
        assert!(!docker.pull && !docker.read_only);
        assert_eq!(docker.transport, Transport::Bridge);
        assert_eq!(
            (
                docker.start_timeout.as_secs(),
                docker.stop_timeout.as_secs()
            ),
            (5, 7)
        );
    }

    #[test]
    fn mistakes_are_named() {
        let error = "[docker]\ntransport = \"pigeon\""
            .parse::<Config>()
            .unwrap_err();
        assert!(error.to_string().contains("pigeon"), "{error}");
        let config: Config = "state_dir = \"/s\"\n[docker.images]\n9 = \"x\""
            .parse()
            .unwrap();
        assert_eq!(config.docker().unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
