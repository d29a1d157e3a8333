use super::{TenantManager, tenant_manager::not_found};
use crate::{
    Desired, Error, ErrorKind, Lifecycle, Result, TenantId, TenantRecord, TenantUid,
    catalog::EventKind, provision::StopMode,
};

impl TenantManager {
    /// Moves the tenant to the trash: stopped, its name free at once, its data kept for the retention time.
    pub async fn remove(&self, id: &TenantId) -> Result<TenantUid> {
        let (_lock, record) = self.locked(id).await?;
        refuse_protected(&record)?;
        self.step("recording the intent to remove");
        let intent = self.change(record.uid, EventKind::Removing, None, |record| {
            refuse_protected(record)?;
            record.desired = Desired::Trashed;
            record.move_to(Lifecycle::Removing)
        });
        let record = intent.await?;
        self.finish_removal(&record).await?;
        Ok(record.uid)
    }

    pub(super) async fn finish_removal(&self, record: &TenantRecord) -> Result<()> {
        let provisioner = self.provisioner_of(record)?;
        provisioner
            .stop(record.uid, StopMode::Fast, self.progress())
            .await?;
        provisioner.trash(record.uid, self.progress()).await?;
        self.step("recording that it is in the trash");
        let now = self.now();
        let trashed = |record: &mut TenantRecord| {
            record.move_to(Lifecycle::Trashed)?;
            record.trashed_at = Some(now);
            Ok(())
        };
        self.change(record.uid, EventKind::Trashed, None, trashed)
            .await?;
        self.step("removed");
        Ok(())
    }

    /// Brings the last removed tenant of this name back from the trash, running, with the access it had.
    ///
    /// `AlreadyExists` when another tenant took the name meanwhile.
    pub async fn restore(&self, id: &TenantId) -> Result<()> {
        let uid = self
            .newest_trashed(id)
            .await?
            .ok_or_else(|| not_in_trash(id))?
            .uid;
        self.restore_uid(uid).await
    }

    /// Brings this tenant back from the trash.
    pub async fn restore_uid(&self, uid: TenantUid) -> Result<()> {
        let (_lock, record) = self.locked_uid(uid).await?;
        if record.lifecycle != Lifecycle::Trashed {
            let message = format!(
                "tenant `{}` is {}, not in the trash",
                record.id, record.lifecycle
            );
            return Err(Error::new(ErrorKind::WrongState, message));
        }
        self.step("recording the intent to restore");
        let claim = self.change(uid, EventKind::Restoring, None, |record| {
            record.desired = Desired::Running;
            Ok(())
        });
        let record = claim.await.map_err(name_was_taken)?;
        self.finish_restore(&record).await
    }

    pub(super) async fn finish_restore(&self, record: &TenantRecord) -> Result<()> {
        self.provisioner_of(record)?
            .restore(record.uid, self.progress())
            .await?;
        self.step("recording that it is back");
        let restored = |record: &mut TenantRecord| {
            record.trashed_at = None;
            record.move_to(Lifecycle::Stopped)
        };
        let record = self
            .change(record.uid, EventKind::Restored, None, restored)
            .await?;
        self.bring_up(&record).await?;
        self.step("restored");
        Ok(())
    }

    /// Deletes the tenant for good, or, if there is none, the last removed one of this name.
    pub async fn purge(&self, id: &TenantId) -> Result<()> {
        let record = match self.catalog().get(id).await? {
            Some(record) => record,
            None => self
                .newest_trashed(id)
                .await?
                .ok_or_else(|| not_found(id))?,
        };
        self.purge_uid(record.uid).await
    }

    /// Deletes this tenant for good, whether in the trash or not.
    pub async fn purge_uid(&self, uid: TenantUid) -> Result<()> {
        let (_lock, record) = self.locked_uid(uid).await?;
        refuse_protected(&record)?;
        self.step("recording the intent to delete");
        let intent = self.change(uid, EventKind::Removing, None, |record| {
            refuse_protected(record)?;
            record.desired = Desired::Gone;
            record.move_to(Lifecycle::Removing)
        });
        let record = intent.await?;
        self.finish_purge(&record).await
    }

    pub(super) async fn finish_purge(&self, record: &TenantRecord) -> Result<()> {
        self.provisioner_of(record)?
            .destroy(record.uid, self.progress())
            .await?;
        self.step("forgetting the record");
        self.forget(record.uid, EventKind::Purged, None).await?;
        self.step("deleted");
        Ok(())
    }

    /// Deletes the record as it is now, whatever it is.
    pub(super) async fn forget(
        &self,
        uid: TenantUid,
        kind: EventKind,
        detail: Option<&str>,
    ) -> Result<()> {
        loop {
            let Some(record) = self.catalog().get_by_uid(uid).await? else {
                return Ok(());
            };
            match self
                .catalog()
                .delete(&record, kind, detail, self.now())
                .await
            {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                settled => return settled,
            }
        }
    }

    async fn newest_trashed(&self, id: &TenantId) -> Result<Option<TenantRecord>> {
        let trash = self
            .list_trash()
            .await?
            .into_iter()
            .filter(|record| record.id == *id);
        Ok(trash.max_by_key(|record| (record.trashed_at, record.uid)))
    }
}

fn refuse_protected(record: &TenantRecord) -> Result<()> {
    if !record.protected {
        return Ok(());
    }
    let id = &record.id;
    Err(Error::new(
        ErrorKind::Protected,
        format!("tenant `{id}` is protected against removal"),
    )
    .with_remedy(format!(
        "if it may go, lift the protection first: pgs unprotect {id}"
    )))
}

fn not_in_trash(id: &TenantId) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("no tenant named `{id}` is in the trash"),
    )
    .with_remedy("see what is there with `pgs list --trash`")
}

fn name_was_taken(error: Error) -> Error {
    if error.kind() == ErrorKind::AlreadyExists {
        error.with_remedy("remove the tenant that has the name now, then restore this one")
    } else {
        error
    }
}
