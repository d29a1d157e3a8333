use crate::{
    DockerConfig, Transport, alter, complete, create, engine::EngineInfo, exit, holder, host::Host,
    limits, logs, secrets, start, stop, survey, trash,
};
use async_trait::async_trait;
use pgs_admin::PgAdmin;
use pgs_core::{
    Endpoint, Error, ErrorKind, InstanceSpec, PgMajor, Result, TenantUid,
    provision::{
        Admin, Alteration, Instance, InstanceLabel, Progress, Provisioner, StopMode, Usage,
    },
};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// A provisioner whose instances are containers of a Docker Engine, each with a volume and a socket of its own.
///
/// ```no_run
/// use pgs_core::{InstanceSpec, provision::Provisioner};
/// use pgs_docker::{DockerConfig, DockerProvisioner};
///
/// # async fn example() -> pgs_core::Result<()> {
/// let docker = DockerProvisioner::new(DockerConfig::new("./state"))?;
/// println!("{}", docker.describe_engine().await?);
/// println!("tenants get PostgreSQL {}", docker.plan(&InstanceSpec::default()).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DockerProvisioner {
    host: Arc<Host>,
}

impl DockerProvisioner {
    /// One that works with the engine this configuration names. Contacts nothing yet.
    ///
    /// Fails where no engine could ever be reached: an address of a kind that is not supported, a context that is not
    /// there, a state directory whose path is too long for a socket.
    pub fn new(config: DockerConfig) -> Result<Self> {
        let host = Arc::new(Host::new(config)?);
        Ok(Self { host })
    }

    /// The engine in one line, such as `Docker Engine 20.10.24, API 1.41, overlay2, cgroup 1, at unix:///var/run/docker.sock`;
    /// an error that says what to do when it cannot be used.
    pub async fn describe_engine(&self) -> Result<String> {
        self.host.info().await.map(ToString::to_string)
    }
}

#[async_trait]
impl Provisioner for DockerProvisioner {
    fn name(&self) -> &'static str {
        "docker"
    }

    async fn plan(&self, spec: &InstanceSpec) -> Result<PgMajor> {
        let engine = self.host.info().await?;
        limits::check(&spec.limits, engine)?;
        sockets_must_work(&self.host, engine)?;
        Ok(spec.pg_version.unwrap_or(PgMajor::NEWEST))
    }

    async fn create(&self, label: &InstanceLabel, progress: &dyn Progress) -> Result<()> {
        create::create(&self.host, label, progress).await
    }

    async fn complete(&self, uid: TenantUid) -> Result<()> {
        complete::complete(&self.host, uid).await
    }

    async fn start(&self, uid: TenantUid, progress: &dyn Progress) -> Result<Endpoint> {
        start::start(&self.host, uid, progress).await
    }

    async fn stop(&self, uid: TenantUid, mode: StopMode, progress: &dyn Progress) -> Result<()> {
        stop::stop(&self.host, uid, mode, progress).await
    }

    async fn alter(&self, label: &InstanceLabel, progress: &dyn Progress) -> Result<Alteration> {
        alter::alter(&self.host, label, progress).await
    }

    async fn inspect(&self, uid: TenantUid) -> Result<Option<Instance>> {
        survey::inspect(&self.host, uid).await
    }

    async fn list(&self) -> Result<Vec<Instance>> {
        survey::list(&self.host).await
    }

    async fn trash(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
        trash::put(&self.host, uid, progress).await
    }

    async fn restore(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
        trash::take_back(&self.host, uid, progress).await
    }

    async fn destroy(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
        trash::destroy(&self.host, uid, progress).await
    }

    async fn admin(&self, uid: TenantUid) -> Result<Box<dyn Admin>> {
        let holder = holder::find(&self.host, uid)
            .await?
            .ok_or_else(|| survey::without_container(&self.host, uid))?;
        let endpoint = holder
            .endpoint(&self.host)
            .ok_or_else(|| not_running(&self.host, uid))?;
        let label = survey::label(&self.host, uid, &holder.labels)?
            .ok_or_else(|| survey::gone(&self.host, uid))?;
        let secret = secrets::own(&self.host, &holder.id, &label).await?;
        Ok(Box::new(PgAdmin::new(endpoint, secret)))
    }

    async fn exited(&self, uid: TenantUid) -> Result<()> {
        exit::exited(&self.host, uid).await
    }

    async fn usage(&self, uid: TenantUid) -> Result<Option<Usage>> {
        match holder::find(&self.host, uid)
            .await?
            .filter(|holder| holder.is_up)
        {
            Some(holder) => limits::usage(&self.host, &holder).await,
            None => Ok(None),
        }
    }

    async fn exit_reason(&self, uid: TenantUid) -> Result<Option<String>> {
        exit::reason(&self.host, uid).await
    }

    async fn logs(&self, uid: TenantUid, lines: usize) -> Result<String> {
        let holder = holder::find(&self.host, uid)
            .await?
            .ok_or_else(|| survey::without_container(&self.host, uid))?;
        logs::tail(&self.host, &holder.id, lines).await
    }

    async fn is_there(&self) -> Result<()> {
        let engine = &self.host.engine;
        let ping = timeout(PING_TAKES, engine.docker().ping()).await;
        let answer = ping.unwrap_or(Err(bollard::errors::Error::RequestTimeoutError));
        answer
            .map(drop)
            .map_err(|error| engine.failed("reach the Docker Engine", error))
    }
}

/// Other requests may take much longer; an engine that does not answer this one in time will not answer those either.
const PING_TAKES: Duration = Duration::from_secs(3);

/// A socket that is bound in a virtual machine cannot be connected to from outside of it.
fn sockets_must_work(host: &Host, engine: &EngineInfo) -> Result<()> {
    let cannot = engine.is_desktop || !host.engine.is_local();
    if host.config.transport != Transport::Socket || !cannot {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("the containers of {engine} are on another machine, whose sockets cannot be reached from here"),
    )
    .with_remedy("reach them over TCP: `[docker] transport = \"published\"`"))
}

fn not_running(host: &Host, uid: TenantUid) -> Error {
    Error::new(
        ErrorKind::WrongState,
        format!("the server of {} is not running", survey::tenant(host, uid)),
    )
    .with_remedy("start it first")
}
