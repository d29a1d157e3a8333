use super::Endpoint;
use crate::{InstanceSpec, PgMajor, TenantId, TenantRecord, TenantUid};
use serde::{Deserialize, Serialize};

/// What is written on an instance's storage: enough to rebuild the catalogue's record from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InstanceLabel {
    /// Whose storage it is.
    pub uid: TenantUid,
    /// The tenant's name when the label was written.
    pub id: TenantId,
    /// The major version its data directory has.
    pub pg_version: PgMajor,
    /// What was asked for.
    pub spec: InstanceSpec,
}

impl InstanceLabel {
    /// The label of a tenant's storage.
    #[must_use]
    pub fn new(uid: TenantUid, id: TenantId, pg_version: PgMajor, spec: InstanceSpec) -> Self {
        Self {
            uid,
            id,
            pg_version,
            spec,
        }
    }

    /// The label that the storage of this record's tenant is to carry.
    #[must_use]
    pub fn of(record: &TenantRecord) -> Self {
        Self::new(
            record.uid,
            record.id.clone(),
            record.pg_version,
            record.spec.clone(),
        )
    }
}

/// Whether an instance's storage is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Marker {
    /// Making it was begun and not finished: debris, unless somebody is at it right now.
    Pending,
    /// The completion marker is there: it was whole once and is never to be initialised again.
    Complete,
    /// Whole, and in the trash.
    Trashed,
}

/// What a provisioner finds when it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// Whose it is; the label may be unreadable when making it was cut short.
    pub uid: TenantUid,
    /// What is written on its storage.
    pub label: Option<InstanceLabel>,
    /// Whether its storage is whole.
    pub marker: Marker,
    /// Where its server listens, when a server process is there. That it accepts is not promised.
    pub endpoint: Option<Endpoint>,
}

impl Instance {
    /// What was found of this tenant.
    #[must_use]
    pub fn new(
        uid: TenantUid,
        label: Option<InstanceLabel>,
        marker: Marker,
        endpoint: Option<Endpoint>,
    ) -> Self {
        Self {
            uid,
            label,
            marker,
            endpoint,
        }
    }

    /// Whether its storage was ever complete.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.marker != Marker::Pending
    }

    /// Whether a server process is there.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.endpoint.is_some()
    }
}

/// How a server is stopped (`PostgreSQL` manual, section 18.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopMode {
    /// Sessions are ended, a checkpoint is written, the control file says shut down.
    #[default]
    Fast,
    /// The server is killed and recovers at its next start. Only on request.
    Immediate,
}
