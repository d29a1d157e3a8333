use crate::{args::Global, progress::Spinner};
use pgs::{Config, Pgs, Result};
use std::{net::SocketAddr, sync::Arc};

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
        if let Some(crate::args::Provisioner::Local) = global.provisioner {
            config.provisioner = pgs::ProvisionerKind::Local;
        }
        Ok(Self {
            config,
            json: global.json,
        })
    }

    pub(crate) async fn open(&self) -> Result<Pgs> {
        Pgs::open(&self.config).await
    }

    /// The open state directory, telling on the terminal what `title` is doing.
    pub(crate) async fn open_for(&self, title: &str) -> Result<Pgs> {
        let pgs = self.open().await?;
        #[cfg(feature = "kill-points")]
        if let Some(kill) = crate::kill_point::KillAt::from_env() {
            return Ok(pgs.with_progress(Arc::new(kill)));
        }
        if self.json {
            return Ok(pgs);
        }
        let spinner: Arc<Spinner> = Spinner::start(title);
        Ok(pgs.with_progress(spinner))
    }

    /// Where clients find the proxy, as far as the configuration tells.
    pub(crate) fn proxy_address(&self) -> SocketAddr {
        let configured = self
            .config
            .serve
            .listen
            .first()
            .and_then(|address| address.parse().ok());
        configured.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 5432)))
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
