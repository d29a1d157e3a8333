use crate::{
    bans_section::BansSection, docker_section::DockerSection, listener_section::ListenerSection,
    logins_section::LoginsSection, seconds::seconds, tls_section::TlsSection,
};
use pgs_core::{Error, ErrorKind, PgMajor, Result, manager::RestartPolicy};
use pgs_docker::DockerConfig;
use pgs_local::LocalConfig;
use pgs_proxy::{Disclosure, ProxyConfig};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Where the proxy listens unless told otherwise: this machine only, `PostgreSQL`'s own port.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:5432";

/// What `pgs.toml` may say, all of it optional.
///
/// ```
/// let config: pgs::Config = r#"
///     state_dir = "/var/lib/pgs"
///     [serve]
///     listen = ["127.0.0.1:6432"]
/// "#
/// .parse()?;
/// assert_eq!(config.serve.listen, ["127.0.0.1:6432"]);
/// # Ok::<(), pgs::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Where tenants live. Default: `/var/lib/pgs` for root, else the user's state directory.
    pub state_dir: Option<PathBuf>,
    /// What makes new tenants. Default: local.
    pub provisioner: ProvisionerKind,
    /// How many days a removed tenant can be restored. Default: 7.
    pub trash_days: u32,
    /// The local provisioner.
    pub local: LocalSection,
    /// The provisioner of Docker containers.
    pub docker: DockerSection,
    /// `pgs serve`.
    pub serve: ServeSection,
    /// Servers that die.
    pub restart: RestartSection,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            state_dir: None,
            provisioner: ProvisionerKind::default(),
            trash_days: 7,
            local: LocalSection::default(),
            docker: DockerSection::default(),
            serve: ServeSection::default(),
            restart: RestartSection::default(),
        }
    }
}

/// What makes new tenants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ProvisionerKind {
    /// `PostgreSQL` processes on this machine.
    #[default]
    Local,
    /// Containers of a Docker Engine.
    Docker,
}

/// The local provisioner: where `PostgreSQL`'s programs are and who runs them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LocalSection {
    /// The folder of `postgres` and `initdb` for a major version, such as `18 = "/usr/lib/postgresql/18/bin"`.
    pub bindir: BTreeMap<String, PathBuf>,
    /// Such folders that count only if there are no others, whatever their versions. Default: none.
    pub fallback_bindirs: Vec<PathBuf>,
    /// The unprivileged OS user that servers run as when pgs runs as root. Default: `pgs`, else `postgres`.
    pub os_user: Option<String>,
}

/// `pgs serve`: where it listens and what it allows.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ServeSection {
    /// Addresses without a policy of their own; see [`ListenAddress`](crate::ListenAddress). Default: `127.0.0.1:5432`, where there is no
    /// `listener` either.
    pub listen: Vec<String>,
    /// Addresses with a policy of their own.
    pub listener: Vec<ListenerSection>,
    /// Certificates. Default: none, so that no listener speaks TLS.
    pub tls: TlsSection,
    /// Who may learn why a tenant cannot be reached: `loopback`, `always` or `never`. Default: loopback.
    pub disclose: DiscloseTo,
    /// Sessions at one time, whoever's. Default: 10 000.
    pub max_sessions: usize,
    /// Sessions of one tenant at one time, where it has no limit of its own. Default: no limit.
    pub max_sessions_per_tenant: Option<u32>,
    /// Sessions of one address at one time: an IPv4 address, or an IPv6 network of 64 bits. Default: no limit.
    pub max_sessions_per_address: Option<u32>,
    /// Connections at one time that have not said yet what they want. Default: 2 048.
    pub max_handshakes: usize,
    /// How many of them may be one address's. Default: 512.
    pub max_handshakes_per_address: usize,
    /// Threads among which connections are shared out; 0 leaves them to the program's own runtime. Default: one for each
    /// processor that the process may use.
    pub threads: usize,
    /// Clients at one time that are held because their tenants are starting. Default: 2 000.
    pub max_waiting: usize,
    /// How many of them may be one tenant's. Default: 500.
    pub max_waiting_per_tenant: u32,
    /// Seconds that such a client is held. Default: 10.
    #[serde(deserialize_with = "seconds")]
    pub start_wait_seconds: u64,
    /// Seconds from accepting a connection to the end of its startup packet. Default: 10.
    #[serde(deserialize_with = "seconds")]
    pub handshake_seconds: u64,
    /// Seconds that sessions may go on after the proxy was told to stop. Default: 30.
    #[serde(deserialize_with = "seconds")]
    pub drain_seconds: u64,
    /// Seconds that their servers then have to end those that are left, before sockets are closed. Default: 5.
    #[serde(deserialize_with = "seconds")]
    pub end_seconds: u64,
    /// Failed logins.
    pub bans: BansSection,
    /// Logins that are not finished.
    pub logins: LoginsSection,
    /// Where Prometheus asks for metrics, an address with a port. Default: nowhere.
    pub metrics: Option<String>,
    /// How many tenants have series of their own, the first that have a session; 0 for none. Default: 100.
    pub metrics_tenants: usize,
    /// Whether and how each session is logged at its end: `text`, `json` or `off`. Default: like the rest of the log.
    pub access_log: Option<AccessLog>,
    /// The file that sessions are logged to, opened again on SIGHUP. Default: standard error.
    pub access_log_file: Option<PathBuf>,
}

/// How sessions are logged at their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessLog {
    /// A line of words and `name=value` pairs.
    Text,
    /// A line with a JSON object.
    Json,
    /// Not at all.
    Off,
}

impl Default for ServeSection {
    fn default() -> Self {
        let proxy = ProxyConfig::default();
        Self {
            listen: Vec::new(),
            listener: Vec::new(),
            tls: TlsSection::default(),
            disclose: DiscloseTo::default(),
            max_sessions: proxy.max_sessions,
            max_sessions_per_tenant: proxy.max_sessions_per_tenant,
            max_sessions_per_address: proxy.max_sessions_per_address,
            max_handshakes: proxy.max_handshakes,
            max_handshakes_per_address: proxy.max_handshakes_per_address,
            threads: thread::available_parallelism().map_or(1, usize::from),
            max_waiting: proxy.max_waiting,
            max_waiting_per_tenant: proxy.max_waiting_per_tenant,
            start_wait_seconds: proxy.start_wait.as_secs(),
            handshake_seconds: proxy.handshake_timeout.as_secs(),
            drain_seconds: proxy.drain_grace.as_secs(),
            end_seconds: proxy.end_grace.as_secs(),
            metrics: None,
            metrics_tenants: proxy.metrics_tenants,
            access_log: None,
            access_log_file: None,
            bans: BansSection::default(),
            logins: LoginsSection::default(),
        }
    }
}

/// Who may learn why a tenant cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DiscloseTo {
    /// Peers on this machine.
    #[default]
    Loopback,
    /// Everybody.
    Always,
    /// Nobody.
    Never,
}

impl ServeSection {
    /// Every listener: those of `listen`, then those of `listener`, then the default one if there is none.
    #[must_use]
    pub fn listeners(&self) -> Vec<ListenerSection> {
        let plain = self.listen.iter().map(ListenerSection::at);
        let mut all: Vec<_> = plain.chain(self.listener.iter().cloned()).collect();
        if all.is_empty() {
            all.push(ListenerSection::at(DEFAULT_LISTEN));
        }
        all
    }

    /// The proxy's limits as this section has them.
    #[must_use]
    pub fn proxy_config(&self) -> ProxyConfig {
        ProxyConfig {
            disclose: match self.disclose {
                DiscloseTo::Loopback => Disclosure::Loopback,
                DiscloseTo::Always => Disclosure::Always,
                DiscloseTo::Never => Disclosure::Never,
            },
            max_sessions: self.max_sessions,
            max_sessions_per_tenant: self.max_sessions_per_tenant,
            max_sessions_per_address: self.max_sessions_per_address,
            max_handshakes: self.max_handshakes,
            max_handshakes_per_address: self.max_handshakes_per_address,
            threads: self.threads,
            max_waiting: self.max_waiting,
            max_waiting_per_tenant: self.max_waiting_per_tenant,
            start_wait: Duration::from_secs(self.start_wait_seconds),
            handshake_timeout: Duration::from_secs(self.handshake_seconds),
            drain_grace: Duration::from_secs(self.drain_seconds),
            end_grace: Duration::from_secs(self.end_seconds),
            metrics_tenants: self.metrics_tenants,
            bans: self.bans.policy(),
            logins: self.logins.limits(),
            ..ProxyConfig::default()
        }
    }
}

/// Servers that die: how patiently they are started again.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RestartSection {
    /// Milliseconds before the second restart in a row; each further one waits twice as long. Default: 500.
    pub first_backoff_ms: u64,
    /// The longest wait in seconds. Default: 30.
    #[serde(deserialize_with = "seconds")]
    pub longest_backoff_seconds: u64,
    /// How many deaths within the window make a crash loop. Default: 6.
    pub deaths: usize,
    /// The window in seconds. Default: 600.
    #[serde(deserialize_with = "seconds")]
    pub window_seconds: u64,
}

impl Default for RestartSection {
    fn default() -> Self {
        let policy = RestartPolicy::default();
        Self {
            first_backoff_ms: u64::try_from(policy.first_backoff.as_millis()).unwrap_or(u64::MAX),
            longest_backoff_seconds: policy.longest_backoff.as_secs(),
            deaths: policy.deaths,
            window_seconds: policy.window.as_secs(),
        }
    }
}

impl RestartSection {
    /// The policy as this section has it.
    #[must_use]
    pub fn policy(&self) -> RestartPolicy {
        let mut policy = RestartPolicy::default();
        policy.first_backoff = Duration::from_millis(self.first_backoff_ms);
        policy.longest_backoff = Duration::from_secs(self.longest_backoff_seconds);
        policy.deaths = self.deaths.max(1);
        policy.window = Duration::from_secs(self.window_seconds);
        policy
    }
}

impl Config {
    /// Reads the file, which must exist.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|source| {
            Error::io(
                format!("the configuration `{}` cannot be read", path.display()),
                source,
            )
        })?;
        text.parse().map_err(|error: Error| {
            let message = format!("the configuration `{}` is not understood", path.display());
            Error::new(ErrorKind::InvalidInput, message).with_source(error)
        })
    }

    /// The state directory: as configured, else `/var/lib/pgs` for root, else `pgs` in the user's state directory
    /// (`XDG_STATE_HOME`, by default `~/.local/state`).
    pub fn state_dir(&self) -> Result<PathBuf> {
        match &self.state_dir {
            Some(directory) => Ok(directory.clone()),
            None => default_state_dir(),
        }
    }

    /// What the local provisioner is made from.
    pub fn local(&self) -> Result<LocalConfig> {
        let mut local = LocalConfig::new(self.state_dir()?);
        local.os_user.clone_from(&self.local.os_user);
        local
            .fallback_bindirs
            .clone_from(&self.local.fallback_bindirs);
        for (major, folder) in &self.local.bindir {
            local
                .bindirs
                .insert(major.parse::<PgMajor>()?, folder.clone());
        }
        Ok(local)
    }

    /// What the provisioner of Docker containers is made from.
    pub fn docker(&self) -> Result<DockerConfig> {
        self.docker.docker_config(self.state_dir()?)
    }
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn default_state_dir() -> Result<PathBuf> {
    if is_root() {
        return Ok("/var/lib/pgs".into());
    }
    let from_env = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    from_env("XDG_STATE_HOME")
        .or_else(|| from_env("HOME").map(|home| home.join(".local/state")))
        .map(|base| base.join("pgs"))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                "neither HOME nor XDG_STATE_HOME says where the state directory is",
            )
            .with_remedy("name one with --state-dir")
        })
}

impl std::str::FromStr for Config {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|source| {
            Error::new(
                ErrorKind::InvalidInput,
                source.to_string().trim_end().to_owned(),
            )
            .with_remedy("see docs/guides/configuration.md for every key")
        })?;
        for listener in &config.serve.listener {
            listener.policy()?;
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named() {
        let error = "[serve]\nlisen = []".parse::<Config>().unwrap_err();
        assert!(error.to_string().contains("lisen"), "{error}");
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let config: Config = "".parse().unwrap();
        assert_eq!(config.serve.listeners()[0].address, DEFAULT_LISTEN);
        assert_eq!(config.restart.policy(), RestartPolicy::default());
        assert_eq!(
            config.serve.proxy_config().max_sessions,
            ProxyConfig::default().max_sessions
        );
    }

    #[test]
    fn an_unsupported_version_is_refused() {
        let config: Config = "state_dir = \"/s\"\n[local.bindir]\n9 = \"/x\""
            .parse()
            .unwrap();
        assert_eq!(config.local().unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
