use pgs_core::{
    PgMajor,
    provision::{Provisioner, Silent},
};
use pgs_docker::{DockerConfig, DockerProvisioner};
use std::path::Path;
use tempfile::TempDir;

/// A state directory on the real engine, whose tenants are gone with the value.
pub(crate) struct Machine {
    pub(crate) docker: DockerProvisioner,
    pub(crate) config: DockerConfig,
    state: TempDir,
}

impl Machine {
    /// None where there is no engine: the skip is printed and counted.
    pub(crate) fn new() -> Option<Self> {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut DockerConfig)) -> Option<Self> {
        let state = tempfile::Builder::new()
            .prefix("pgs-docker-")
            .tempdir()
            .unwrap();
        let found = testkit::Docker::find("a test of the Docker provisioner")?;
        let mut config = DockerConfig::new(state.path());
        config.host = Some(found.host);
        config.images.insert(PgMajor::NEWEST, found.image_18);
        config.images.insert(PgMajor::OLDEST, found.image_15);
        change(&mut config);
        let docker = DockerProvisioner::new(config.clone()).unwrap();
        Some(Self {
            docker,
            config,
            state,
        })
    }

    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let docker = self.docker.clone();
        let purge = async move {
            for left in docker.list().await.unwrap_or_default() {
                drop(docker.destroy(left.uid, &Silent).await);
            }
        };
        // The test's runtime cannot be blocked from inside.
        std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(purge);
        })
        .join()
        .unwrap();
    }
}
