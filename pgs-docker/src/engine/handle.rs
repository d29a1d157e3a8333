use super::{Address, EngineInfo, Surroundings, failure, transport};
use bollard::Docker;
use pgs_core::{Error, Result};
use std::{path::Path, sync::Arc, time::Duration};

/// A Docker Engine that can be asked. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    docker: Docker,
    address: Arc<Address>,
    config: Option<Arc<Path>>,
}

impl Engine {
    /// The engine at this address, or where this process's environment says. Contacts nothing yet.
    pub(crate) fn open(host: Option<&str>) -> Result<Self> {
        Self::open_in(host, &Surroundings::of_process())
    }

    /// The same, in these surroundings.
    pub(crate) fn open_in(host: Option<&str>, surroundings: &Surroundings) -> Result<Self> {
        let address = Address::resolve(host, surroundings)?;
        let docker = transport::connect(&address)
            .map_err(|error| failure::explain(&address, "use it", error))?;
        let config = surroundings.config_dir.as_ref();
        Ok(Self {
            docker,
            address: Arc::new(address),
            config: config.map(|dir| Arc::from(dir.join("config.json"))),
        })
    }

    /// The engine's API. An answer has to begin within two minutes; what is streamed after that may take any time.
    pub(crate) fn docker(&self) -> &Docker {
        &self.docker
    }

    /// The same engine, for a call that it answers only when all is done, such as an upload.
    pub(crate) fn within(&self, limit: Duration) -> Self {
        Self {
            docker: self.docker.clone().with_timeout(limit),
            ..self.clone()
        }
    }

    /// Whether the engine is on this machine, behind a Unix socket.
    pub(crate) fn is_local(&self) -> bool {
        self.address.is_local()
    }

    /// The Docker command's `config.json`, where the credentials for registries are.
    pub(crate) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// The error for a request that failed; `doing` reads after "cannot", such as "start the container `pgs-1`".
    pub(crate) fn failed(&self, doing: &str, error: bollard::errors::Error) -> Error {
        failure::explain(&self.address, doing, error)
    }

    /// What the engine is, unless it is one that pgs does not work with.
    pub(crate) async fn info(&self) -> Result<EngineInfo> {
        let failed = |error| self.failed("ask the Docker Engine what it is", error);
        let version = self.docker.version().await.map_err(failed)?;
        let system = self.docker.info().await.map_err(failed)?;
        EngineInfo::new(self.address.url().to_owned(), version, system)
    }
}
