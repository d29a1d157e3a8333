use crate::{Error, Result, TenantId, TenantUid, provision::Instance};

/// What reconciling found and did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// What was done, tenant by tenant. Tenants that were as they should be are not listed.
    pub done: Vec<(TenantId, Reconciled)>,
    /// What could not be done, and why.
    pub problems: Vec<(TenantId, Error)>,
    /// Storage without a record, kept because it is whole or because a server runs on it. What is whole is taken into the
    /// catalogue by [`TenantManager::rebuild`](crate::TenantManager::rebuild), and by nothing else.
    pub orphans: Vec<Instance>,
    /// Provisioners that could not be asked, and why. Their tenants were left as they are; the others' were not.
    pub unreachable: Vec<(&'static str, Error)>,
}

/// What reconciling did to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reconciled {
    /// An unfinished create was finished: its storage was whole.
    Finished,
    /// An unfinished create was taken back, or an unfinished change that the server or its host refused.
    TakenBack,
    /// Its server was started, or found running and adopted.
    Started,
    /// Its server was stopped.
    Stopped,
    /// An unfinished change of its limits or settings was finished.
    Altered,
    /// An unfinished move to the trash was finished.
    Trashed,
    /// An unfinished move out of the trash was finished.
    Restored,
    /// It was deleted: an unfinished purge, or its time in the trash was over.
    Purged,
    /// Storage that was never completed and belongs to no record was deleted.
    DebrisDeleted,
    /// Its record was made anew from the label on its storage.
    Rebuilt,
}

impl Report {
    pub(super) fn is_unreachable(&self, provisioner: &str) -> bool {
        self.unreachable
            .iter()
            .any(|(name, _)| *name == provisioner)
    }

    pub(super) fn debris(&mut self, uid: TenantUid, id: Option<TenantId>, destroyed: Result<()>) {
        match (id, destroyed) {
            (Some(id), Ok(())) => self.done.push((id, Reconciled::DebrisDeleted)),
            (Some(id), Err(error)) => self.problems.push((id, error)),
            (None, Ok(())) => {}
            (None, Err(error)) => {
                tracing::error!(%uid, error = %error.chain(), "storage that was never completed could not be deleted");
            }
        }
    }
}

impl Reconciled {
    /// The stable name, such as `taken_back`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::TakenBack => "taken_back",
            Self::Started => "started",
            Self::Stopped => "stopped",
            Self::Altered => "altered",
            Self::Trashed => "trashed",
            Self::Restored => "restored",
            Self::Purged => "purged",
            Self::DebrisDeleted => "debris_deleted",
            Self::Rebuilt => "rebuilt",
        }
    }
}
