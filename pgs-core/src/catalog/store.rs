use super::{Event, EventKind, TenantLock};
use crate::{Result, TenantId, TenantRecord, TenantUid, Timestamp};
use async_trait::async_trait;
use std::fmt::Debug;

/// A number that differs as soon as anybody, in any process, has committed a change.
///
/// Only equality means something, and only between answers of the same [`Catalog`] value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version(pub u64);

/// The durable record of tenants, shared by every process that opens it.
///
/// # Behavior
///
/// - A write names the revision it saw and fails with `Conflict` when somebody was faster: nothing is overwritten unseen.
/// - A write and its event are one transaction; when the call returns, both survive a power loss.
/// - No two records that hold their name ([`TenantRecord::holds_name`]) have the same name.
/// - Reads never wait for writers.
#[async_trait]
pub trait Catalog: Debug + Send + Sync {
    /// The tenant that holds this name now.
    async fn get(&self, id: &TenantId) -> Result<Option<TenantRecord>>;

    /// The tenant of this uid, in the trash or not.
    async fn get_by_uid(&self, uid: TenantUid) -> Result<Option<TenantRecord>>;

    /// Every record, the trash included, oldest first.
    async fn list(&self) -> Result<Vec<TenantRecord>>;

    /// Adds a record at revision 1 and answers it; `AlreadyExists` when its name is held by another.
    async fn insert(
        &self,
        record: &TenantRecord,
        kind: EventKind,
        at: Timestamp,
    ) -> Result<TenantRecord>;

    /// Replaces the record whose revision is the given one's, and answers it with the next revision.
    ///
    /// `Conflict` when the revision moved on, `NotFound` when it is gone, `AlreadyExists` when its name is held by another.
    async fn update(
        &self,
        record: &TenantRecord,
        kind: EventKind,
        detail: Option<&str>,
        at: Timestamp,
    ) -> Result<TenantRecord>;

    /// Deletes the record whose revision is the given one's; `Conflict` when it moved on. Nothing there is success.
    async fn delete(
        &self,
        record: &TenantRecord,
        kind: EventKind,
        detail: Option<&str>,
        at: Timestamp,
    ) -> Result<()>;

    /// Whether anything changed since the last look: microseconds, since it is asked for every connection.
    fn version(&self) -> Result<Version>;

    /// The present records of all tenants with an event after `seq` (0 for all), once each, and the last event's number.
    async fn changes(&self, after: u64) -> Result<Changes>;

    /// At most `limit` events after `seq`, oldest first.
    async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>>;

    /// The right to work on this tenant, waiting a while for whoever has it; `Busy` when that takes too long.
    async fn lock(&self, uid: TenantUid) -> Result<Box<dyn TenantLock>>;

    /// The right to work on this tenant, unless somebody else, in whatever process, has it now.
    async fn try_lock(&self, uid: TenantUid) -> Result<Option<Box<dyn TenantLock>>>;
}

/// What changed in a catalogue, folded together: one entry for each tenant, however often it changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The number of the last event that is taken into account.
    pub upto: u64,
    /// What changed.
    pub changes: Vec<Change>,
}

impl Changes {
    /// These changes, up to this event.
    #[must_use]
    pub fn new(upto: u64, changes: Vec<Change>) -> Self {
        Self { upto, changes }
    }
}

/// One tenant that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Its record now.
    Put(Box<TenantRecord>),
    /// It has no record any more.
    Gone(TenantUid),
}
