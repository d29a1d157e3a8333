use crate::{
    LocalConfig, OsUser, Search,
    failure::blocking,
    host::Host,
    server::{alter, cgroup, create, postmaster::Postmaster, start, stop},
    storage::{home::Home, label, layout::gone, logs, secrets::Secrets, trash},
};
use async_trait::async_trait;
use pgs_admin::PgAdmin;
use pgs_core::{
    Endpoint, Error, ErrorKind, InstanceSpec, PgMajor, Privilege, Result, TenantUid,
    provision::{
        Admin, Alteration, Instance, InstanceLabel, Progress, Provisioner, StopMode, Usage,
    },
};
use std::sync::Arc;

/// A provisioner whose instances are `PostgreSQL` processes of this machine, each on a Unix socket of its own.
///
/// ```no_run
/// use pgs_core::{InstanceSpec, provision::Provisioner};
/// use pgs_local::{LocalConfig, LocalProvisioner};
///
/// # async fn example() -> pgs_core::Result<()> {
/// let local = LocalProvisioner::new(LocalConfig::new("./state"))?;
/// println!("tenants get PostgreSQL {}", local.plan(&InstanceSpec::default()).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LocalProvisioner {
    host: Arc<Host>,
}

impl LocalProvisioner {
    /// One that keeps everything in this state directory. Makes nothing yet.
    ///
    /// Fails where no server could ever run: when the path is too long for a socket, or pgs runs as root and there is no
    /// other user to run servers as, or that user cannot get to the directory, or its processes cannot be looked at.
    pub fn new(config: LocalConfig) -> Result<Self> {
        let host = Arc::new(Host::new(config)?);
        Ok(Self { host })
    }

    /// Whom the servers run as, when that is not the user of this process.
    pub fn os_user(&self) -> Option<&OsUser> {
        self.host.user.as_ref()
    }

    /// The search for `PostgreSQL` that this provisioner goes by.
    #[must_use]
    pub fn search(&self) -> Search {
        let config = &self.host.config;
        Search::new(
            &config.bindirs,
            &config.fallback_bindirs,
            self.host.user.clone(),
        )
    }

    fn instance(&self, uid: TenantUid) -> Result<Option<Instance>> {
        let Some((home, marker)) = self.host.layout.find(uid)? else {
            return Ok(None);
        };
        let endpoint = Postmaster::find(&home)?.map(|_| home.endpoint());
        let label = label::read_if_whole(&home)?;
        Ok(Some(Instance::new(uid, label, marker, endpoint)))
    }

    fn running(&self, uid: TenantUid) -> Result<Home> {
        let home = self.host.layout.storage(uid)?;
        match Postmaster::find(&home)? {
            Some(_) => Ok(home),
            None => Err(not_running(&home)),
        }
    }
}

fn not_running(home: &Home) -> Error {
    Error::new(
        ErrorKind::WrongState,
        format!("the server of {} is not running", label::tenant(home)),
    )
    .with_remedy("start it first")
}

fn still_running(home: &Home) -> Error {
    Error::new(
        ErrorKind::WrongState,
        format!("the server of {} is running", label::tenant(home)),
    )
    .with_remedy("stop it first")
}

#[async_trait]
impl Provisioner for LocalProvisioner {
    fn name(&self) -> &'static str {
        "local"
    }

    async fn plan(&self, spec: &InstanceSpec) -> Result<PgMajor> {
        must_be_owner(spec)?;
        cgroup::check(&spec.limits)?;
        Ok(self.host.binaries(spec.pg_version).await?.major)
    }

    async fn create(&self, label: &InstanceLabel, progress: &dyn Progress) -> Result<()> {
        create::create(&self.host, label, progress).await
    }

    async fn complete(&self, uid: TenantUid) -> Result<()> {
        self.host.layout.storage(uid)?.complete()
    }

    async fn start(&self, uid: TenantUid, progress: &dyn Progress) -> Result<Endpoint> {
        start::start(&self.host, uid, progress).await
    }

    async fn stop(&self, uid: TenantUid, mode: StopMode, progress: &dyn Progress) -> Result<()> {
        let home = self.host.layout.tenant(uid);
        stop::stop(&self.host, &home, mode, progress).await
    }

    async fn alter(&self, label: &InstanceLabel, progress: &dyn Progress) -> Result<Alteration> {
        alter::alter(&self.host, label, progress).await
    }

    async fn usage(&self, uid: TenantUid) -> Result<Option<Usage>> {
        Ok(cgroup::usage(&self.host.layout.tenant(uid)))
    }

    async fn inspect(&self, uid: TenantUid) -> Result<Option<Instance>> {
        self.instance(uid)
    }

    async fn list(&self) -> Result<Vec<Instance>> {
        let uids = self.host.layout.uids()?;
        uids.into_iter()
            .filter_map(|uid| self.instance(uid).transpose())
            .collect()
    }

    async fn trash(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
        let home = self.host.layout.tenant(uid);
        if Postmaster::find(&home)?.is_some() {
            return Err(still_running(&home));
        }
        progress.step("moving the storage to the trash");
        trash::put(&self.host.layout, uid)?;
        progress.step("the storage is in the trash");
        Ok(())
    }

    async fn restore(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
        progress.step("moving the storage back from the trash");
        trash::take_back(&self.host.layout, uid)?;
        progress.step("the storage is back");
        Ok(())
    }

    async fn destroy(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
        for home in self.host.layout.debris(uid)? {
            progress.step("ending the server's processes");
            stop::put_down(&home).await?;
            progress.step("deleting the storage");
            let host = Arc::clone(&self.host);
            blocking(move || trash::destroy(&host.layout, &home)).await?;
        }
        progress.step("the storage is deleted");
        Ok(())
    }

    async fn admin(&self, uid: TenantUid) -> Result<Box<dyn Admin>> {
        let home = self.running(uid)?;
        let secret = Secrets::read(&home)?.own;
        Ok(Box::new(PgAdmin::new(home.endpoint(), secret)))
    }

    async fn exited(&self, uid: TenantUid) -> Result<()> {
        match Postmaster::find(&self.host.layout.tenant(uid))? {
            Some(server) => server.process.exited().await,
            None => Ok(()),
        }
    }

    async fn logs(&self, uid: TenantUid, lines: usize) -> Result<String> {
        let (home, _) = self.host.layout.find(uid)?.ok_or_else(|| gone(uid))?;
        blocking(move || logs::tail(&home, 0, lines)).await
    }
}

fn must_be_owner(spec: &InstanceSpec) -> Result<()> {
    if spec.privilege == Privilege::Owner {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        "a tenant on the local provisioner cannot be a superuser, who could read the files of every other tenant",
    )
    .with_remedy("leave --superuser out"))
}
