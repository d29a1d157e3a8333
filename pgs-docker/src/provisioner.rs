use crate::DockerConfig;
use async_trait::async_trait;
use pgs_core::{
    Endpoint, InstanceSpec, PgMajor, Result, TenantUid,
    provision::{
        Admin, Alteration, Instance, InstanceLabel, Progress, Provisioner, StopMode, Usage,
    },
};

/// A provisioner whose instances are containers of a Docker Engine, each with a volume and a socket of its own.
#[derive(Clone, Debug)]
pub struct DockerProvisioner {
    config: DockerConfig,
}

impl DockerProvisioner {
    /// One that works with the engine this configuration names. Contacts nothing yet.
    pub fn new(config: DockerConfig) -> Result<Self> {
        Ok(Self { config })
    }

    /// One line about the engine, such as `Docker Engine 20.10.24, API 1.41, overlay2, at unix:///var/run/docker.sock`.
    #[expect(
        clippy::unused_async,
        reason = "a placeholder until engines are talked to"
    )]
    pub async fn describe_engine(&self) -> Result<String> {
        Err(pgs_core::Error::new(
            pgs_core::ErrorKind::Unsupported,
            "Docker engines cannot be asked yet",
        ))
    }
}

#[async_trait]
impl Provisioner for DockerProvisioner {
    fn name(&self) -> &'static str {
        "docker"
    }
    async fn plan(&self, _: &InstanceSpec) -> Result<PgMajor> {
        let _ = self.config.image_of(PgMajor::NEWEST);
        unimplemented!()
    }
    async fn create(&self, _: &InstanceLabel, _: &dyn Progress) -> Result<()> {
        unimplemented!()
    }
    async fn complete(&self, _: TenantUid) -> Result<()> {
        unimplemented!()
    }
    async fn start(&self, _: TenantUid, _: &dyn Progress) -> Result<Endpoint> {
        unimplemented!()
    }
    async fn stop(&self, _: TenantUid, _: StopMode, _: &dyn Progress) -> Result<()> {
        unimplemented!()
    }
    async fn alter(&self, _: &InstanceLabel, _: &dyn Progress) -> Result<Alteration> {
        unimplemented!()
    }
    async fn inspect(&self, _: TenantUid) -> Result<Option<Instance>> {
        unimplemented!()
    }
    async fn list(&self) -> Result<Vec<Instance>> {
        unimplemented!()
    }
    async fn trash(&self, _: TenantUid, _: &dyn Progress) -> Result<()> {
        unimplemented!()
    }
    async fn restore(&self, _: TenantUid, _: &dyn Progress) -> Result<()> {
        unimplemented!()
    }
    async fn destroy(&self, _: TenantUid, _: &dyn Progress) -> Result<()> {
        unimplemented!()
    }
    async fn admin(&self, _: TenantUid) -> Result<Box<dyn Admin>> {
        unimplemented!()
    }
    async fn exited(&self, _: TenantUid) -> Result<()> {
        unimplemented!()
    }
    async fn usage(&self, _: TenantUid) -> Result<Option<Usage>> {
        unimplemented!()
    }
    async fn logs(&self, _: TenantUid, _: usize) -> Result<String> {
        unimplemented!()
    }
}
