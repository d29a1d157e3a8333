use crate::{
    args::{Global, Provisioner},
    progress::Spinner,
};
use pgs::{Config, ListenAddress, Pgs, ProvisionerKind, Result, TlsMode};
use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
};

/// What every command starts from: the configuration and, when it is asked for, the open state directory.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) config: Config,
    pub(crate) json: bool,
}

impl Session {
    /// Reads the configuration; the command line beats the environment, which beats the file.
    pub(crate) fn new(global: &Global) -> Result<Self> {
        let mut config = match &global.config {
            Some(path) => Config::load(path)?,
            None => config_in_state_dir(global)?,
        };
        if let Some(directory) = &global.state_dir {
            config.state_dir = Some(directory.clone());
        }
        if let Some(provisioner) = global.provisioner {
            config.provisioner = match provisioner {
                Provisioner::Local => ProvisionerKind::Local,
                Provisioner::Docker => ProvisionerKind::Docker,
            };
        }
        Ok(Self {
            config,
            json: global.json,
        })
    }

    /// The same, with folders of `PostgreSQL`'s programs that count behind those of the configuration.
    pub(crate) fn falling_back_on(mut self, bindirs: &[PathBuf]) -> Self {
        self.config
            .local
            .fallback_bindirs
            .extend_from_slice(bindirs);
        self
    }

    /// The state directory as it is: for commands that only look, and must not wait for anything.
    pub(crate) fn look(&self) -> Result<Pgs> {
        Pgs::open_as_found(&self.config)
    }

    pub(crate) async fn open(&self) -> Result<Pgs> {
        Pgs::open(&self.config).await
    }

    /// The open state directory, telling on the terminal what `title` is doing.
    pub(crate) async fn open_for(&self, title: &str) -> Result<Pgs> {
        Ok(self.tell(self.open().await?, title))
    }

    /// The same state directory, telling on the terminal what `title` is doing.
    pub(crate) fn tell(&self, pgs: Pgs, title: &str) -> Pgs {
        #[cfg(feature = "kill-points")]
        if let Some(kill) = crate::kill_point::KillAt::from_env() {
            return pgs.with_progress(std::sync::Arc::new(kill));
        }
        if self.json {
            return pgs;
        }
        pgs.with_progress(Spinner::start(title))
    }

    /// Where `pgs serve` writes down, while it runs, on which address clients find it.
    pub(crate) fn address_file(&self) -> Result<PathBuf> {
        Ok(self.config.state_dir()?.join("proxy-address"))
    }

    /// Whether clients have to speak TLS on the first listener, as far as the configuration tells.
    pub(crate) fn is_tls_required(&self) -> bool {
        let serve = &self.config.serve;
        let listeners = serve.listeners();
        let first = listeners.first();
        first.is_some_and(|first| serve.tls.mode(first.tls) == TlsMode::Require)
    }

    /// Where clients find the proxy: what a running `pgs serve` wrote down, else what the configuration tells.
    pub(crate) fn proxy_address(&self) -> Result<ListenAddress> {
        let written = std::fs::read_to_string(self.address_file()?).ok();
        if let Some(address) = written.and_then(|text| text.trim().parse().ok()) {
            return Ok(address);
        }
        let listeners = self.config.serve.listeners();
        let mut addresses = listeners.iter().map(|listener| &listener.address);
        // Where systemd's sockets are is known only while one runs.
        let Some(address) = addresses.find(|address| !address.starts_with("systemd")) else {
            return Ok(SocketAddr::from(([127, 0, 0, 1], 5432)).into());
        };
        address.parse().or_else(|error| {
            let found = address.to_socket_addrs().ok();
            let found = found.and_then(|mut found| found.next());
            found.map(ListenAddress::from).ok_or(error)
        })
    }
}

fn config_in_state_dir(global: &Global) -> Result<Config> {
    let mut config = Config::default();
    config.state_dir.clone_from(&global.state_dir);
    let path = config.state_dir()?.join("pgs.toml");
    if path.exists() {
        Config::load(&path)
    } else {
        Ok(config)
    }
}
