use crate::{
    Clock, Error, ErrorKind, Result, TenantId, TenantRecord, TenantUid, Timestamp,
    catalog::{Catalog, Event, TenantLock},
    provision::{Progress, Provisioner, Silent},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long a removed tenant can be restored unless told otherwise: seven days.
const TRASH_RETENTION: Duration = Duration::from_hours(7 * 24);

/// Creates, runs and removes tenants: every operation of pgs, over a catalogue and one or more provisioners.
///
/// Cheap to clone; clones are the same manager. Several managers, in one process or many, may share a catalogue: each
/// operation holds its tenant's lock while it works.
///
/// Every operation records its intent before the first side effect, so a process that is killed in the middle leaves
/// something that [`recover`](TenantManager::recover) finishes or takes back. Dropping the future of an operation before
/// it is done is such a cut: call `recover` afterwards, or spawn the operation.
///
/// ```
/// use pgs_core::{
///     Access, ManualClock, TenantManager, TenantSpec, catalog::MemoryCatalog, provision::MemoryProvisioner,
/// };
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> pgs_core::Result<()> {
/// let pgs = TenantManager::new(
///     Arc::new(MemoryCatalog::new()),
///     Arc::new(MemoryProvisioner::new()),
///     Arc::new(ManualClock::at(1_700_000_000_000)),
/// );
/// let created = pgs.create("acme".parse()?, TenantSpec::default()).await?;
/// println!("the password, shown once: {}", created.password.reveal());
/// pgs.set_access(&created.id, Access::Enabled).await?;
/// pgs.remove(&created.id).await?;
/// pgs.restore(&created.id).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TenantManager {
    catalog: Arc<dyn Catalog>,
    provisioner: Arc<dyn Provisioner>,
    others: BTreeMap<&'static str, Arc<dyn Provisioner>>,
    absent: BTreeMap<&'static str, Arc<Error>>,
    clock: Arc<dyn Clock>,
    progress: Arc<dyn Progress>,
    trash_retention: Duration,
}

impl TenantManager {
    /// A manager whose new tenants are made by this provisioner.
    pub fn new(
        catalog: Arc<dyn Catalog>,
        provisioner: Arc<dyn Provisioner>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            catalog,
            provisioner,
            others: BTreeMap::new(),
            absent: BTreeMap::new(),
            clock,
            progress: Arc::new(Silent),
            trash_retention: TRASH_RETENTION,
        }
    }

    /// The same manager, which also runs the tenants that this other provisioner made.
    #[must_use]
    pub fn with_provisioner(mut self, other: Arc<dyn Provisioner>) -> Self {
        self.others.insert(other.name(), other);
        self
    }

    /// The same manager, which answers with this reason where a tenant of a provisioner that could not be set up is meant.
    #[must_use]
    pub fn without_provisioner(mut self, name: &'static str, reason: Error) -> Self {
        self.absent.insert(name, Arc::new(reason));
        self
    }

    /// The same manager, which tells this listener what it is doing.
    #[must_use]
    pub fn with_progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// The same manager, which keeps removed tenants for this long. Default: seven days.
    #[must_use]
    pub fn with_trash_retention(mut self, retention: Duration) -> Self {
        self.trash_retention = retention;
        self
    }

    /// The catalogue it works on.
    pub fn catalog(&self) -> &Arc<dyn Catalog> {
        &self.catalog
    }

    /// The provisioner that makes its new tenants.
    pub fn provisioner(&self) -> &Arc<dyn Provisioner> {
        &self.provisioner
    }

    /// Every provisioner it works with, its own first.
    pub(super) fn provisioners(&self) -> impl Iterator<Item = &Arc<dyn Provisioner>> {
        std::iter::once(&self.provisioner).chain(self.others.values())
    }

    /// The tenant that holds this name, wherever it stands.
    pub async fn get(&self, id: &TenantId) -> Result<TenantRecord> {
        self.catalog.get(id).await?.ok_or_else(|| not_found(id))
    }

    /// Every tenant that is not in the trash, oldest first.
    pub async fn list(&self) -> Result<Vec<TenantRecord>> {
        let mut records = self.catalog.list().await?;
        records.retain(TenantRecord::holds_name);
        Ok(records)
    }

    /// Every tenant in the trash, oldest first.
    pub async fn list_trash(&self) -> Result<Vec<TenantRecord>> {
        let mut records = self.catalog.list().await?;
        records.retain(|record| !record.holds_name());
        Ok(records)
    }

    /// At most `limit` lines of the log of changes after `seq` (0 for all), oldest first.
    pub async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>> {
        self.catalog.events(after, limit).await
    }

    /// The last lines of the log of the tenant's server.
    pub async fn logs(&self, id: &TenantId, lines: usize) -> Result<String> {
        let record = self.get(id).await?;
        self.provisioner_of(&record)?.logs(record.uid, lines).await
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn trash_retention(&self) -> Duration {
        self.trash_retention
    }

    pub(super) fn progress(&self) -> &dyn Progress {
        &*self.progress
    }

    pub(super) fn step(&self, what: &'static str) {
        self.progress().step(what);
    }

    /// The provisioner that made this tenant.
    pub(super) fn provisioner_of(&self, record: &TenantRecord) -> Result<&dyn Provisioner> {
        let made_by =
            |provisioner: &&Arc<dyn Provisioner>| provisioner.name() == record.provisioner;
        self.provisioners()
            .find(made_by)
            .map(|provisioner| &**provisioner)
            .ok_or_else(|| self.not_set_up(record))
    }

    fn not_set_up(&self, record: &TenantRecord) -> Error {
        let (id, name) = (&record.id, &record.provisioner);
        let message =
            format!("tenant `{id}` was made by the provisioner `{name}`, which is not set up here");
        let Some(reason) = self.absent.get(name.as_str()) else {
            return Error::new(ErrorKind::Unsupported, message)
                .with_remedy(format!("repeat with --provisioner {name}"));
        };
        let error = Error::new(reason.kind(), message).with_source(Arc::clone(reason));
        match reason.remedy() {
            Some(remedy) => error.with_remedy(remedy),
            None => error,
        }
    }

    /// The right to work on the tenant that holds this name, and its record as it is now.
    pub(super) async fn locked(
        &self,
        id: &TenantId,
    ) -> Result<(Box<dyn TenantLock>, TenantRecord)> {
        let uid = self.get(id).await?.uid;
        let (lock, record) = self.locked_uid(uid).await?;
        // Whoever had the lock before may have removed it.
        if record.holds_name() {
            Ok((lock, record))
        } else {
            Err(not_found(id))
        }
    }

    /// The right to work on the tenant of this uid, and its record as it is now.
    pub(super) async fn locked_uid(
        &self,
        uid: TenantUid,
    ) -> Result<(Box<dyn TenantLock>, TenantRecord)> {
        let lock = self.catalog.lock(uid).await?;
        match self.catalog.get_by_uid(uid).await? {
            Some(record) => Ok((lock, record)),
            None => Err(Error::new(
                ErrorKind::NotFound,
                format!("no tenant has the uid `{uid}`"),
            )
            .with_remedy("see what there is with `pgs list --trash`")),
        }
    }
}

pub(super) fn not_found(id: &TenantId) -> Error {
    Error::new(ErrorKind::NotFound, format!("no tenant is named `{id}`"))
        .with_remedy("see what there is with `pgs list`")
}
