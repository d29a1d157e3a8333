use crate::{
    Config, ListenAddress, SystemClock, config::is_root, connection_url,
    connection_url_with_password, finish::finish, provisioners::provisioners,
};
use pgs_catalog::SqliteCatalog;
use pgs_core::{
    Access, Clock, Created, Error, ErrorKind, InitScript, NetworkRules, NetworksChange, Password,
    Result, SpecChange, TenantId, TenantManager, TenantRecord, TenantSpec, TenantUid,
    catalog::Event,
    manager::{Report, TenantView},
    provision::{Alteration, Progress, ScriptOutcome, StopMode},
};
use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Opens a state directory, making it if it is not there, with the `SQLite` catalogue and the local provisioner.
///
/// What killed processes left unfinished is finished or taken back first.
pub async fn open(state_dir: impl AsRef<Path>) -> Result<Pgs> {
    let config = Config {
        state_dir: Some(state_dir.as_ref().to_owned()),
        ..Config::default()
    };
    Pgs::open(&config).await
}

/// An open state directory: every operation on tenants. Cheap to clone; clones are the same.
///
/// Operations that change something go on to their end even if their future is dropped. Tenants' servers outlive it.
#[derive(Clone, Debug)]
pub struct Pgs {
    manager: TenantManager,
    state_dir: Arc<Path>,
}

impl Pgs {
    /// Opens the state directory that this configuration names, and recovers what killed processes left unfinished.
    pub async fn open(config: &Config) -> Result<Self> {
        let pgs = Self::open_as_found(config)?;
        let report = pgs.recover().await?;
        for (tenant, error) in &report.problems {
            tracing::warn!(%tenant, error = %error.chain(), "unfinished work could not be recovered");
        }
        for (provisioner, error) in &report.unreachable {
            tracing::warn!(provisioner, error = %error.chain(), "unfinished work of its tenants is left for later");
        }
        Ok(pgs)
    }

    /// Opens the state directory without recovering anything: for looking at things as they are.
    pub fn open_as_found(config: &Config) -> Result<Self> {
        let state_dir = make_state_dir(&config.state_dir()?)?;
        let provisioners = provisioners(config, &state_dir)?;
        let catalog = SqliteCatalog::open(&state_dir)?;
        let retention = Duration::from_secs(u64::from(config.trash_days) * 24 * 60 * 60);
        let manager = TenantManager::new(
            Arc::new(catalog),
            Arc::clone(&provisioners.primary),
            Arc::new(SystemClock),
        )
        .with_trash_retention(retention);
        Ok(Self {
            manager: provisioners.others_beside(manager),
            state_dir: state_dir.into(),
        })
    }

    /// Opens the state directory with a new, empty catalogue, keeping a damaged one aside under another name.
    ///
    /// For [`rebuild`](Self::rebuild), when [`open`](Self::open) says `Corrupt`. Stop every other process that has the
    /// directory open first: it would go on with the damaged one.
    pub fn open_beside_damage(config: &Config) -> Result<Self> {
        let state_dir = make_state_dir(&config.state_dir()?)?;
        let suffix = format!("damaged-{}", SystemClock.now().as_millis());
        for name in [
            "catalog.sqlite3",
            "catalog.sqlite3-wal",
            "catalog.sqlite3-shm",
        ] {
            let (from, to) = (
                state_dir.join(name),
                state_dir.join(format!("{name}.{suffix}")),
            );
            match std::fs::rename(&from, &to) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::io(
                        format!("`{}` cannot be kept aside", from.display()),
                        error,
                    ));
                }
                _ => {}
            }
        }
        Self::open_as_found(config)
    }

    /// The same, telling this listener what long operations are doing.
    #[must_use]
    pub fn with_progress(&self, progress: Arc<dyn Progress>) -> Self {
        let manager = self.manager.clone().with_progress(progress);
        Self {
            manager,
            state_dir: Arc::clone(&self.state_dir),
        }
    }

    /// The lifecycle underneath, for an application with a catalogue or a router of its own.
    pub fn manager(&self) -> &TenantManager {
        &self.manager
    }

    /// Where the tenants live.
    pub fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// The connection URI of a tenant behind a proxy at this address, without a password.
    #[must_use]
    pub fn url(&self, id: &TenantId, address: impl Into<ListenAddress>) -> String {
        connection_url(id, address)
    }

    /// The same with the password in it: a secret, for a client's configuration, never for a log.
    #[must_use]
    pub fn url_with_password(
        &self,
        id: &TenantId,
        address: impl Into<ListenAddress>,
        password: &Password,
    ) -> String {
        connection_url_with_password(id, address, password)
    }

    /// Creates a tenant; see [`TenantManager::create`].
    pub async fn create(&self, id: TenantId, spec: TenantSpec) -> Result<Created> {
        let manager = self.manager.clone();
        finish(async move { manager.create(id, spec).await }).await
    }

    /// The tenant of this name; see [`TenantManager::get`].
    pub async fn get(&self, id: &TenantId) -> Result<TenantRecord> {
        self.manager.get(id).await
    }

    /// Every tenant outside the trash; see [`TenantManager::list`].
    pub async fn list(&self) -> Result<Vec<TenantRecord>> {
        self.manager.list().await
    }

    /// Every tenant in the trash; see [`TenantManager::list_trash`].
    pub async fn list_trash(&self) -> Result<Vec<TenantRecord>> {
        self.manager.list_trash().await
    }

    /// A tenant and what its server tells of itself; see [`TenantManager::show`].
    pub async fn show(&self, id: &TenantId) -> Result<TenantView> {
        self.manager.show(id).await
    }

    /// The last lines of a tenant's server log; see [`TenantManager::logs`].
    pub async fn logs(&self, id: &TenantId, lines: usize) -> Result<String> {
        self.manager.logs(id, lines).await
    }

    /// The log of changes; see [`TenantManager::events`].
    pub async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>> {
        self.manager.events(after, limit).await
    }

    /// Starts a tenant's server; see [`TenantManager::start`].
    pub async fn start(&self, id: &TenantId) -> Result<()> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.start(&id).await }).await
    }

    /// Stops a tenant's server; see [`TenantManager::stop`].
    pub async fn stop(&self, id: &TenantId) -> Result<()> {
        self.stop_with(id, StopMode::Fast).await
    }

    /// Stops a tenant's server in the given mode; see [`TenantManager::stop_with`].
    pub async fn stop_with(&self, id: &TenantId, mode: StopMode) -> Result<()> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.stop_with(&id, mode).await }).await
    }

    /// Starts every tenant; see [`TenantManager::start_all`].
    pub async fn start_all(&self) -> Result<Vec<(TenantId, Result<()>)>> {
        let manager = self.manager.clone();
        finish(async move { manager.start_all().await }).await
    }

    /// Stops every tenant; see [`TenantManager::stop_all`].
    pub async fn stop_all(&self) -> Result<Vec<(TenantId, Result<()>)>> {
        let manager = self.manager.clone();
        finish(async move { manager.stop_all().await }).await
    }

    /// Opens or shuts a tenant's door; see [`TenantManager::set_access`].
    pub async fn set_access(&self, id: &TenantId, access: Access) -> Result<()> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.set_access(&id, access).await }).await
    }

    /// Lets clients in from the next connection on.
    pub async fn enable(&self, id: &TenantId) -> Result<()> {
        self.set_access(id, Access::Enabled).await
    }

    /// Lets no client in from the next connection on, and ends live sessions.
    pub async fn disable(&self, id: &TenantId) -> Result<()> {
        self.set_access(id, Access::Disabled).await
    }

    /// Changes from where a tenant's clients may come; see [`TenantManager::set_networks`].
    pub async fn set_networks(
        &self,
        id: &TenantId,
        change: NetworksChange,
    ) -> Result<NetworkRules> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.set_networks(&id, &change).await }).await
    }

    /// Sets a tenant's password, or a generated one; see [`TenantManager::set_password`].
    pub async fn set_password(
        &self,
        id: &TenantId,
        password: Option<Password>,
    ) -> Result<Password> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.set_password(&id, password).await }).await
    }

    /// Changes a tenant's limits and settings while it runs; see [`TenantManager::alter`].
    pub async fn alter(&self, id: &TenantId, change: SpecChange) -> Result<Alteration> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.alter(&id, &change).await }).await
    }

    /// Refuses removing a tenant from now on; see [`TenantManager::protect`].
    pub async fn protect(&self, id: &TenantId) -> Result<()> {
        self.manager.protect(id).await
    }

    /// Allows removing a tenant again; see [`TenantManager::unprotect`].
    pub async fn unprotect(&self, id: &TenantId) -> Result<()> {
        self.manager.unprotect(id).await
    }

    /// Runs init scripts, each once; see [`TenantManager::run_init_scripts`].
    pub async fn run_init_scripts(
        &self,
        id: &TenantId,
        scripts: Vec<InitScript>,
    ) -> Result<Vec<ScriptOutcome>> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.run_init_scripts(&id, &scripts).await }).await
    }

    /// Moves a tenant to the trash; see [`TenantManager::remove`].
    pub async fn remove(&self, id: &TenantId) -> Result<TenantUid> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.remove(&id).await }).await
    }

    /// Brings a tenant back from the trash; see [`TenantManager::restore`].
    pub async fn restore(&self, id: &TenantId) -> Result<()> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.restore(&id).await }).await
    }

    /// Brings this tenant back from the trash; see [`TenantManager::restore_uid`].
    pub async fn restore_uid(&self, uid: TenantUid) -> Result<()> {
        let manager = self.manager.clone();
        finish(async move { manager.restore_uid(uid).await }).await
    }

    /// Deletes a tenant for good; see [`TenantManager::purge`].
    pub async fn purge(&self, id: &TenantId) -> Result<()> {
        let (manager, id) = (self.manager.clone(), id.clone());
        finish(async move { manager.purge(&id).await }).await
    }

    /// Deletes this tenant for good; see [`TenantManager::purge_uid`].
    pub async fn purge_uid(&self, uid: TenantUid) -> Result<()> {
        let manager = self.manager.clone();
        finish(async move { manager.purge_uid(uid).await }).await
    }

    /// Finishes or takes back what killed processes left; see [`TenantManager::recover`].
    pub async fn recover(&self) -> Result<Report> {
        let manager = self.manager.clone();
        finish(async move { manager.recover().await }).await
    }

    /// Brings every tenant to where it should be; see [`TenantManager::reconcile`].
    pub async fn reconcile(&self) -> Result<Report> {
        let manager = self.manager.clone();
        finish(async move { manager.reconcile().await }).await
    }

    /// Makes records for storage that has none; see [`TenantManager::rebuild`].
    pub async fn rebuild(&self) -> Result<Report> {
        let manager = self.manager.clone();
        finish(async move { manager.rebuild().await }).await
    }
}

impl AsRef<TenantManager> for Pgs {
    fn as_ref(&self) -> &TenantManager {
        &self.manager
    }
}

/// Makes the state directory if it is not there, and answers its absolute path.
///
/// Nobody else may look into it; only where servers run as another OS user may that user, like any other, pass through.
fn make_state_dir(directory: &Path) -> Result<PathBuf> {
    let failed = |source| {
        let message = format!(
            "the state directory `{}` cannot be made",
            directory.display()
        );
        let error = Error::io(message, source);
        match error.kind() {
            ErrorKind::PermissionDenied => error.with_remedy(
                "choose another with --state-dir, or run pgs as root; in a container, mount the state directory",
            ),
            _ => error,
        }
    };
    if !directory.exists() {
        let mode = if is_root() { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(directory.parent().unwrap_or(directory))
            .map_err(failed)?;
        match DirBuilder::new().mode(mode).create(directory) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(failed(error));
            }
            _ => {}
        }
    }
    directory.canonicalize().map_err(failed)
}
