use super::{Access, Desired, InstanceSpec, Lifecycle, NetworkRules, PgMajor, TenantId, TenantUid};
use crate::{Timestamp, provision::Endpoint};
use serde::{Deserialize, Serialize};

/// What the catalogue knows of one tenant. It holds no password and no verifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TenantRecord {
    /// Who it is for ever.
    pub uid: TenantUid,
    /// Its name; in the trash, the name it had.
    pub id: TenantId,
    /// Counts the record's changes from 1; a write must name the revision it saw.
    pub revision: u64,
    /// Which provisioner made it, such as `local`.
    pub provisioner: String,
    /// The major version it runs.
    pub pg_version: PgMajor,
    /// What was asked for.
    pub spec: InstanceSpec,
    /// Whether clients may come in.
    pub access: Access,
    /// From where its clients may come.
    #[serde(default)]
    pub networks: NetworkRules,
    /// Whether removing is refused.
    pub protected: bool,
    /// What it should become.
    pub desired: Desired,
    /// Where it is, as last recorded.
    pub lifecycle: Lifecycle,
    /// Where its server listens while it runs.
    pub endpoint: Option<Endpoint>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it came into the trash.
    pub trashed_at: Option<Timestamp>,
}

impl TenantRecord {
    /// A record of a tenant about to be made: disabled, desired running, creating, revision 0 until it is inserted.
    #[must_use]
    pub fn creating(
        id: TenantId,
        uid: TenantUid,
        provisioner: &str,
        pg_version: PgMajor,
        spec: InstanceSpec,
        now: Timestamp,
    ) -> Self {
        Self {
            uid,
            id,
            revision: 0,
            provisioner: provisioner.to_owned(),
            pg_version,
            spec,
            access: Access::Disabled,
            networks: NetworkRules::default(),
            protected: false,
            desired: Desired::Running,
            lifecycle: Lifecycle::Creating,
            endpoint: None,
            created_at: now,
            trashed_at: None,
        }
    }

    /// Whether no other live tenant may have its name now: it is not in the trash, or is on its way out of it.
    #[must_use]
    pub fn holds_name(&self) -> bool {
        match self.desired {
            Desired::Running | Desired::Stopped => true,
            Desired::Trashed => self.lifecycle != Lifecycle::Trashed,
            // What is deleted out of the trash had lost its name before.
            Desired::Gone => self.trashed_at.is_none(),
        }
    }

    /// Whether its server should be there now, or tried again: it was not stopped, and nobody is working on it.
    #[must_use]
    pub fn should_run(&self) -> bool {
        matches!(
            (self.desired, &self.lifecycle),
            (Desired::Running, Lifecycle::Running | Lifecycle::Failed(_))
        )
    }

    /// Whether the tenant is where it should be, so that reconciling has nothing to do.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(
            (self.desired, &self.lifecycle),
            (Desired::Running, Lifecycle::Running | Lifecycle::Suspended)
                | (Desired::Stopped, Lifecycle::Stopped)
                | (Desired::Trashed, Lifecycle::Trashed)
                | (Desired::Running | Desired::Stopped, Lifecycle::Failed(_))
        )
    }
}
