use super::{Reconciled, Report, TenantManager, power::side_by_side};
use crate::{
    Desired, Error, ErrorKind, Lifecycle, Result, TenantId, TenantRecord, TenantUid,
    catalog::EventKind,
    provision::{Instance, Marker, Provisioner, StopMode},
};
use futures_util::future::join_all;
use std::{collections::BTreeSet, sync::Arc};

impl TenantManager {
    /// Finishes or takes back what a killed process left unfinished. Quick when there is nothing: called at every open.
    ///
    /// A tenant that another process is working on right now is left to it, and so are the tenants of a provisioner that
    /// does not answer: those of others do not wait for it.
    pub async fn recover(&self) -> Result<Report> {
        let mut records = self.catalog().list().await?;
        records.retain(|record| !record.is_settled() || self.is_expired(record));
        let made_by: BTreeSet<_> = records
            .iter()
            .map(|record| record.provisioner.clone())
            .collect();
        let away = self.away(Some(&made_by)).await;
        Ok(self.settle_all(records, away).await)
    }

    /// Brings every tenant to where it should be: [`recover`](Self::recover), and servers that are not there although they
    /// should be, expired trash, and storage without a record.
    pub async fn reconcile(&self) -> Result<Report> {
        let records = self.catalog().list().await?;
        let away = self.away(None).await;
        let mut report = self.settle_all(records, away).await;
        for provisioner in self.provisioners() {
            if report.is_unreachable(provisioner.name()) {
                continue;
            }
            match provisioner.list().await {
                Ok(found) => {
                    self.look_for_owners(&**provisioner, found, &mut report)
                        .await?;
                }
                Err(error) => report.unreachable.push((provisioner.name(), error)),
            }
        }
        Ok(report)
    }

    /// Makes records for whole storage that has none, from the labels on it: what is left of a lost catalogue.
    ///
    /// Access starts disabled. Existing records are not touched.
    pub async fn rebuild(&self) -> Result<Report> {
        let mut report = self.reconcile().await?;
        for orphan in std::mem::take(&mut report.orphans) {
            let whole = orphan.label.clone().filter(|_| orphan.is_whole());
            let Some(label) = whole else {
                report.orphans.push(orphan);
                continue;
            };
            match self.rebuild_one(&orphan).await {
                Ok(()) => report.done.push((label.id, Reconciled::Rebuilt)),
                Err(error) => report.problems.push((label.id, error)),
            }
        }
        Ok(report)
    }

    /// The provisioners that do not answer, of these or of all, each asked once and all at the same time.
    async fn away(&self, names: Option<&BTreeSet<String>>) -> Vec<(&'static str, Error)> {
        let asked: Vec<_> = self
            .provisioners()
            .filter(|provisioner| names.is_none_or(|names| names.contains(provisioner.name())))
            .map(|provisioner| absence(Arc::clone(provisioner)))
            .collect();
        let answers = join_all(asked).await;
        answers.into_iter().flatten().collect()
    }

    /// Settles these tenants, but for those of provisioners that are away.
    async fn settle_all(
        &self,
        records: Vec<TenantRecord>,
        away: Vec<(&'static str, Error)>,
    ) -> Report {
        let mut report = Report {
            unreachable: away,
            ..Report::default()
        };
        let settle = |uid| {
            let manager = self.clone();
            async move { manager.settle(uid).await }
        };
        let within_reach = records
            .into_iter()
            .filter(|record| !report.is_unreachable(&record.provisioner))
            .map(|record| record.uid);
        let outcomes = side_by_side(within_reach.map(settle)).await;
        for (id, outcome) in outcomes.into_iter().flatten() {
            match outcome {
                Ok(done) => report.done.push((id, done)),
                Err(error) => report.problems.push((id, error)),
            }
        }
        report
    }

    /// Settles one tenant unless somebody is working on it; none when there was nothing to do.
    async fn settle(&self, uid: TenantUid) -> Option<(TenantId, Result<Reconciled>)> {
        let attempt = async {
            let Some(_lock) = self.catalog().try_lock(uid).await? else {
                return Ok(None);
            };
            let Some(record) = self.catalog().get_by_uid(uid).await? else {
                return Ok(None);
            };
            let done = self.converge(&record).await.transpose();
            Ok(done.map(|done| (record.id, done)))
        };
        attempt.await.unwrap_or_else(|error: Error| {
            tracing::error!(%uid, error = %error.chain(), "a tenant could not be looked at");
            None
        })
    }

    async fn converge(&self, record: &TenantRecord) -> Result<Option<Reconciled>> {
        match (record.desired, &record.lifecycle) {
            (_, Lifecycle::Creating) => self.finish_create(record).await.map(Some),
            (Desired::Running | Desired::Stopped, Lifecycle::Trashed) => self
                .finish_restore(record)
                .await
                .map(|()| Some(Reconciled::Restored)),
            (Desired::Trashed, Lifecycle::Trashed) => self.purge_expired(record).await,
            (Desired::Trashed, _) => self
                .finish_removal(record)
                .await
                .map(|()| Some(Reconciled::Trashed)),
            (Desired::Gone, _) => self
                .finish_purge(record)
                .await
                .map(|()| Some(Reconciled::Purged)),
            // Given up: only a person starts it again.
            (Desired::Stopped, Lifecycle::Failed(_)) | (_, Lifecycle::Suspended) => Ok(None),
            (Desired::Running, _) => self.keep_up(record).await,
            (Desired::Stopped, _) => self.keep_down(record).await,
        }
    }

    async fn finish_create(&self, record: &TenantRecord) -> Result<Reconciled> {
        let provisioner = self.provisioner_of(record)?;
        let found = provisioner.inspect(record.uid).await?;
        if found.is_some_and(|instance| instance.marker == Marker::Complete) {
            let endpoint = provisioner.start(record.uid, self.progress()).await?;
            self.record_running(record.uid, EventKind::Adopted, endpoint)
                .await?;
            return Ok(Reconciled::Finished);
        }
        let cause = Error::new(
            ErrorKind::InstanceFailed,
            "the process that created it was killed",
        );
        self.try_take_back(record, &cause).await?;
        Ok(Reconciled::TakenBack)
    }

    async fn keep_up(&self, record: &TenantRecord) -> Result<Option<Reconciled>> {
        let found = self.find(record).await?;
        let is_up = |instance: &&Instance| instance.is_up();
        if record.lifecycle == Lifecycle::Running
            && let Some(instance) = found.as_ref().filter(is_up)
        {
            let has_moved = self.follow(record, instance).await?;
            let done = self.catch_up(record, found).await?;
            return Ok(done.or(has_moved.then_some(Reconciled::Started)));
        }
        self.bring_up(record)
            .await
            .map(|_| Some(Reconciled::Started))
    }

    async fn keep_down(&self, record: &TenantRecord) -> Result<Option<Reconciled>> {
        let found = self.find(record).await?;
        if record.lifecycle == Lifecycle::Stopped && !found.as_ref().is_some_and(Instance::is_up) {
            return self.catch_up(record, found).await;
        }
        self.bring_down(record, StopMode::Fast)
            .await
            .map(|()| Some(Reconciled::Stopped))
    }

    async fn purge_expired(&self, record: &TenantRecord) -> Result<Option<Reconciled>> {
        if !self.is_expired(record) {
            return Ok(None);
        }
        let intent = self.change(
            record.uid,
            EventKind::Removing,
            Some("its time in the trash is over"),
            |record| {
                record.desired = Desired::Gone;
                record.move_to(Lifecycle::Removing)
            },
        );
        let record = intent.await?;
        self.finish_purge(&record)
            .await
            .map(|()| Some(Reconciled::Purged))
    }

    /// Whether its time in the trash is over.
    fn is_expired(&self, record: &TenantRecord) -> bool {
        let Some(since) = record.trashed_at else {
            return false;
        };
        let kept = u128::from(self.now().millis_since(since));
        record.lifecycle == Lifecycle::Trashed
            && !record.protected
            && kept >= self.trash_retention().as_millis()
    }

    async fn look_for_owners(
        &self,
        provisioner: &dyn Provisioner,
        found: Vec<Instance>,
        report: &mut Report,
    ) -> Result<()> {
        for instance in found {
            self.look_for_owner(provisioner, instance, report).await?;
        }
        Ok(())
    }

    async fn look_for_owner(
        &self,
        provisioner: &dyn Provisioner,
        instance: Instance,
        report: &mut Report,
    ) -> Result<()> {
        // A creator takes the lock before it records its intent, so storage without a record and without a lock has none.
        let Some(_lock) = self.catalog().try_lock(instance.uid).await? else {
            return Ok(());
        };
        if self.catalog().get_by_uid(instance.uid).await?.is_some() {
            return Ok(());
        }
        // What was listed may be of before the lock.
        let Some(instance) = provisioner.inspect(instance.uid).await? else {
            return Ok(());
        };
        // Where a server runs, somebody may be at work that no lock and no record here tells of.
        if instance.is_whole() || instance.is_up() {
            report.orphans.push(instance);
            return Ok(());
        }
        let destroyed = provisioner.destroy(instance.uid, self.progress()).await;
        let id = instance.label.map(|label| label.id);
        report.debris(instance.uid, id, destroyed);
        Ok(())
    }

    async fn rebuild_one(&self, orphan: &Instance) -> Result<()> {
        let _lock = self.catalog().lock(orphan.uid).await?;
        let (Some(label), Some(provisioner)) = (&orphan.label, self.holder_of(orphan.uid).await?)
        else {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("the storage of tenant uid `{}` is gone", orphan.uid),
            ));
        };
        let (uid, now) = (orphan.uid, self.now());
        let mut record = TenantRecord::creating(
            label.id.clone(),
            uid,
            provisioner,
            label.pg_version,
            label.spec.clone(),
            now,
        );
        (record.desired, record.lifecycle) = match (orphan.marker, &orphan.endpoint) {
            (Marker::Trashed, _) => (Desired::Trashed, Lifecycle::Trashed),
            (_, Some(_)) => (Desired::Running, Lifecycle::Starting),
            (_, None) => (Desired::Stopped, Lifecycle::Stopped),
        };
        record.trashed_at = (record.lifecycle == Lifecycle::Trashed).then_some(now);
        let record = self
            .catalog()
            .insert(&record, EventKind::Adopted, now)
            .await?;
        self.converge(&record).await.map(drop)
    }

    /// Where one provisioner cannot be asked, another may still be found to have it.
    async fn holder_of(&self, uid: TenantUid) -> Result<Option<&'static str>> {
        let mut found = Ok(None);
        for provisioner in self.provisioners() {
            let found_by = async {
                provisioner.is_there().await?;
                provisioner.inspect(uid).await
            };
            match found_by.await {
                Ok(Some(_)) => return Ok(Some(provisioner.name())),
                Ok(None) => {}
                Err(error) => found = Err(error),
            }
        }
        found
    }
}

/// The provisioner's name and what it said, where it does not answer.
async fn absence(provisioner: Arc<dyn Provisioner>) -> Option<(&'static str, Error)> {
    let answer = provisioner.is_there().await;
    answer.err().map(|error| (provisioner.name(), error))
}
