use super::{Reconciled, TenantManager, power::refuse_unfinished};
use crate::{
    Error, ErrorKind, InstanceSpec, Result, SpecChange, TenantId, TenantRecord,
    catalog::EventKind,
    provision::{Alteration, Instance, InstanceLabel},
};

impl TenantManager {
    /// Changes the tenant's limits and settings, and answers what waits for the next start of its server.
    ///
    /// A running server is not restarted. When anything refuses the change, the tenant is left as it was.
    pub async fn alter(&self, id: &TenantId, change: &SpecChange) -> Result<Alteration> {
        let (_lock, before) = self.locked(id).await?;
        refuse_unfinished(&before)?;
        let spec = change.applied_to(&before.spec);
        if spec == before.spec {
            // Nothing to record; what waits for the next start is still worth telling.
            let alteration = self.apply_spec(&before).await?;
            self.step("altered");
            return Ok(alteration);
        }
        self.must_be_had(&before, &spec).await?;
        self.step("recording the change");
        let record = self
            .record_spec(&before, &spec, &change.to_string())
            .await?;
        match self.apply_spec(&record).await {
            Ok(alteration) => {
                self.step("altered");
                Ok(alteration)
            }
            Err(cause) => Err(self.give_back(&record, &before.spec, cause).await),
        }
    }

    /// Has the instance hold to the recorded spec where its label tells of another: a change was cut short.
    ///
    /// A spec that is refused gives way to the label's, so that no tenant is kept from starting by it.
    pub(super) async fn catch_up(
        &self,
        record: &TenantRecord,
        found: Option<Instance>,
    ) -> Result<Option<Reconciled>> {
        let Some(label) = found.and_then(|instance| instance.label) else {
            return Ok(None);
        };
        if label.spec == record.spec {
            return Ok(None);
        }
        match self.apply_spec(record).await {
            Err(cause) if is_refusal(&cause) => {
                tracing::warn!(tenant = %record.id, error = %cause.chain(), "an unfinished change is refused and taken back");
                self.try_give_back(record, &label.spec, &cause).await?;
                Ok(Some(Reconciled::TakenBack))
            }
            outcome => outcome.map(|_| Some(Reconciled::Altered)),
        }
    }

    /// Fails when the tenant's provisioner cannot make a server of its version like this.
    async fn must_be_had(&self, record: &TenantRecord, spec: &InstanceSpec) -> Result<()> {
        let mut wanted = spec.clone();
        wanted.pg_version = Some(record.pg_version);
        self.provisioner_of(record)?.plan(&wanted).await.map(drop)
    }

    async fn apply_spec(&self, record: &TenantRecord) -> Result<Alteration> {
        let label = InstanceLabel::of(record);
        self.provisioner_of(record)?
            .alter(&label, self.progress())
            .await
    }

    async fn record_spec(
        &self,
        record: &TenantRecord,
        spec: &InstanceSpec,
        detail: &str,
    ) -> Result<TenantRecord> {
        let set = |record: &mut TenantRecord| {
            record.spec = spec.clone();
            Ok(())
        };
        self.change(record.uid, EventKind::Altered, Some(detail), set)
            .await
    }

    /// Takes a failed change back and answers its error. Where even that fails, reconciling finishes the change.
    async fn give_back(&self, record: &TenantRecord, before: &InstanceSpec, cause: Error) -> Error {
        match self.try_give_back(record, before, &cause).await {
            Ok(()) => cause,
            Err(error) => {
                tracing::error!(tenant = %record.id, error = %error.chain(), "a failed change could not be taken back");
                cause.with_remedy("run `pgs reconcile`, which finishes the change or takes it back")
            }
        }
    }

    /// The instance comes first: killed in between, the recorded spec still differs from the label, and is refused anew.
    async fn try_give_back(
        &self,
        record: &TenantRecord,
        before: &InstanceSpec,
        cause: &Error,
    ) -> Result<()> {
        self.step("taking the change back");
        let mut old = record.clone();
        old.spec.clone_from(before);
        let undone = self.apply_spec(&old).await;
        if let Err(error) = undone {
            // What cannot be had must not stay recorded, or the tenant would never start again.
            if !is_refusal(cause) {
                return Err(error);
            }
            tracing::warn!(tenant = %record.id, error = %error.chain(), "the instance did not take its old limits and settings; they hold from its next start on");
        }
        self.step("recording that the change is taken back");
        let detail = format!("taken back: {}", cause.chain());
        self.record_spec(record, before, &detail).await?;
        self.step("the change is taken back");
        Ok(())
    }
}

/// Whether repeating it cannot help: the value itself is refused.
fn is_refusal(cause: &Error) -> bool {
    matches!(
        cause.kind(),
        ErrorKind::InvalidInput | ErrorKind::Unsupported
    )
}
