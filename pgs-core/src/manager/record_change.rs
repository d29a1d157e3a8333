use super::TenantManager;
use crate::{Error, ErrorKind, Lifecycle, Result, TenantRecord, TenantUid, catalog::EventKind};

/// How often a change is tried again when somebody else was faster; each time somebody else got through.
const TRIES: usize = 100;

impl TenantManager {
    /// Applies a change to the record as it is now, again if somebody else changed it meanwhile.
    ///
    /// The holder of the tenant's lock alone changes its lifecycle; access and protection change without the lock, so
    /// that they act at once even while a slow start goes on. `change` must therefore set fields, not whole records.
    pub(super) async fn change(
        &self,
        uid: TenantUid,
        kind: EventKind,
        detail: Option<&str>,
        change: impl Fn(&mut TenantRecord) -> Result<()> + Send + Sync,
    ) -> Result<TenantRecord> {
        for _ in 0..TRIES {
            let mut record = self
                .catalog()
                .get_by_uid(uid)
                .await?
                .ok_or_else(|| gone(uid))?;
            change(&mut record)?;
            match self
                .catalog()
                .update(&record, kind, detail, self.now())
                .await
            {
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                settled => return settled,
            }
        }
        let message = format!("tenant uid `{uid}` is changed by others faster than it can be read");
        Err(Error::new(ErrorKind::Conflict, message).with_remedy("repeat it"))
    }
}

fn gone(uid: TenantUid) -> Error {
    Error::new(ErrorKind::NotFound, format!("tenant uid `{uid}` is gone"))
}

impl TenantRecord {
    /// Moves to another state if the table of legal moves allows it.
    pub(super) fn move_to(&mut self, next: Lifecycle) -> Result<()> {
        if !self.lifecycle.may_become(&next) {
            let (id, from) = (&self.id, &self.lifecycle);
            let message = format!("tenant `{id}` is {from} and cannot become {next}");
            return Err(
                Error::new(ErrorKind::WrongState, message).with_remedy(format!(
                    "see how it stands with `pgs show {id}`, or run `pgs reconcile`"
                )),
            );
        }
        self.lifecycle = next;
        if !matches!(self.lifecycle, Lifecycle::Running) {
            self.endpoint = None;
        }
        Ok(())
    }
}
