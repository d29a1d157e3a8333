use super::TenantManager;
use crate::{
    Desired, Error, ErrorKind, Lifecycle, Result, TenantId, TenantRecord, TenantUid,
    catalog::EventKind,
    provision::{Instance, StopMode},
};
use futures_util::{StreamExt, stream};

/// How many servers are started or stopped at one time by the operations over all tenants.
const AT_ONCE: usize = 8;

impl TenantManager {
    /// Starts the tenant's server and returns when it answered an authenticated query. A running one stays as it is.
    pub async fn start(&self, id: &TenantId) -> Result<()> {
        let (_lock, record) = self.locked(id).await?;
        refuse_unfinished(&record)?;
        if record.lifecycle == Lifecycle::Running
            && let Some(instance) = self.find(&record).await?.filter(Instance::is_up)
        {
            return self.follow(&record, &instance).await.map(drop);
        }
        self.bring_up(&record).await.map(drop)
    }

    /// Stops the tenant's server: checkpoint, fast shutdown, control file verified. A stopped one stays as it is.
    pub async fn stop(&self, id: &TenantId) -> Result<()> {
        self.stop_with(id, StopMode::Fast).await
    }

    /// Stops the tenant's server in the given mode.
    pub async fn stop_with(&self, id: &TenantId, mode: StopMode) -> Result<()> {
        let (_lock, record) = self.locked(id).await?;
        refuse_unfinished(&record)?;
        if record.lifecycle == Lifecycle::Stopped && !self.is_up(&record).await? {
            return Ok(());
        }
        self.bring_down(&record, mode).await
    }

    /// Starts every tenant that is not running, and tells how each attempt ended.
    pub async fn start_all(&self) -> Result<Vec<(TenantId, Result<()>)>> {
        let start = |record: TenantRecord| {
            let manager = self.clone();
            async move { (record.id.clone(), manager.start(&record.id).await) }
        };
        Ok(side_by_side(self.list().await?.into_iter().map(start)).await)
    }

    /// Stops every tenant that runs, and tells how each attempt ended.
    pub async fn stop_all(&self) -> Result<Vec<(TenantId, Result<()>)>> {
        let stop = |record: TenantRecord| {
            let manager = self.clone();
            async move { (record.id.clone(), manager.stop(&record.id).await) }
        };
        Ok(side_by_side(self.list().await?.into_iter().map(stop)).await)
    }

    /// Whether a server process of this tenant is there, without asking it.
    pub async fn is_up(&self, record: &TenantRecord) -> Result<bool> {
        Ok(self
            .find(record)
            .await?
            .is_some_and(|instance| instance.is_up()))
    }

    /// What there is of this tenant, without asking its server.
    pub(super) async fn find(&self, record: &TenantRecord) -> Result<Option<Instance>> {
        self.provisioner_of(record)?.inspect(record.uid).await
    }

    /// Records where the running server listens now, if somebody else started it again and it listens elsewhere since.
    ///
    /// Answers whether it does.
    pub(super) async fn follow(&self, record: &TenantRecord, found: &Instance) -> Result<bool> {
        let Some(endpoint) = found.endpoint.as_ref() else {
            return Ok(false);
        };
        if record.endpoint.as_ref() == Some(endpoint) {
            return Ok(false);
        }
        self.step("recording where it listens now");
        self.record_running(record.uid, EventKind::Adopted, endpoint.clone())
            .await?;
        self.step("recorded where it listens now");
        Ok(true)
    }

    /// Brings the tenant to running, or to failed with the reason; it is still to run, so a supervisor tries again.
    pub(super) async fn bring_up(&self, record: &TenantRecord) -> Result<TenantRecord> {
        match self.try_bring_up(record).await {
            Err(error) if error.kind() != ErrorKind::Conflict => {
                self.record_failure(record.uid, &error.chain()).await?;
                Err(error)
            }
            outcome => outcome,
        }
    }

    /// Starts the server; leaves the tenant starting when that fails.
    async fn try_bring_up(&self, record: &TenantRecord) -> Result<TenantRecord> {
        self.step("recording the intent to start");
        let intent = self.change(record.uid, EventKind::Starting, None, |record| {
            record.desired = Desired::Running;
            record.move_to(Lifecycle::Starting)
        });
        let record = intent.await?;
        let found = self.find(&record).await?;
        self.catch_up(&record, found).await?;
        let endpoint = self
            .provisioner_of(&record)?
            .start(record.uid, self.progress())
            .await?;
        self.step("recording that it runs");
        let record = self
            .record_running(record.uid, EventKind::Started, endpoint)
            .await?;
        self.step("started");
        Ok(record)
    }

    pub(super) async fn bring_down(&self, record: &TenantRecord, mode: StopMode) -> Result<()> {
        self.step("recording the intent to stop");
        let intent = self.change(record.uid, EventKind::Stopping, None, |record| {
            record.desired = Desired::Stopped;
            record.move_to(Lifecycle::Stopping)
        });
        let record = intent.await?;
        self.provisioner_of(&record)?
            .stop(record.uid, mode, self.progress())
            .await?;
        self.step("recording that it stopped");
        let stopped = |record: &mut TenantRecord| record.move_to(Lifecycle::Stopped);
        self.change(record.uid, EventKind::Stopped, None, stopped)
            .await?;
        self.step("stopped");
        Ok(())
    }

    /// Records why the tenant does not run although it should. A supervisor tries again.
    async fn record_failure(&self, uid: TenantUid, reason: &str) -> Result<TenantRecord> {
        let failed =
            |record: &mut TenantRecord| record.move_to(Lifecycle::Failed(reason.to_owned()));
        self.change(uid, EventKind::Failed, Some(reason), failed)
            .await
    }
}

/// Refuses to work on a tenant whose making or removing was cut short: reconciling decides what becomes of it.
pub(super) fn refuse_unfinished(record: &TenantRecord) -> Result<()> {
    if !matches!(
        record.lifecycle,
        Lifecycle::Creating | Lifecycle::Removing | Lifecycle::Trashed
    ) {
        return Ok(());
    }
    let message = format!(
        "tenant `{}` is {} and that was cut short",
        record.id, record.lifecycle
    );
    Err(Error::new(ErrorKind::WrongState, message).with_remedy("finish it with `pgs reconcile`"))
}

/// Does a few of these at one time, and answers in their order.
pub(super) async fn side_by_side<T>(
    work: impl IntoIterator<Item = impl Future<Output = T>>,
) -> Vec<T> {
    stream::iter(work).buffered(AT_ONCE).collect().await
}
