use crate::{TenantId, TenantUid, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One line of the catalogue's append-only log: what happened to whom, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Its place in the log, counted from 1 without gaps that matter: later events have larger numbers.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// To whom it happened.
    pub uid: TenantUid,
    /// The tenant's name at that time.
    pub id: TenantId,
    /// What happened.
    pub kind: EventKind,
    /// The reason, where there is one. Never a secret.
    pub detail: Option<String>,
}

impl Event {
    /// An event as a catalogue hands it out.
    #[must_use]
    pub fn new(
        seq: u64,
        at: Timestamp,
        uid: TenantUid,
        id: TenantId,
        kind: EventKind,
        detail: Option<String>,
    ) -> Self {
        Self {
            seq,
            at,
            uid,
            id,
            kind,
            detail,
        }
    }
}

/// What happened to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// Somebody asked for it; its storage is being made.
    Creating,
    /// It is complete and answered its first query.
    Created,
    /// Making it failed or was cut short; what was made of it is gone.
    CreateFailed,
    /// Its server was told to start.
    Starting,
    /// Its server answered an authenticated query.
    Started,
    /// Its server was told to stop.
    Stopping,
    /// Its server stopped with a clean control file.
    Stopped,
    /// Clients may come in.
    AccessEnabled,
    /// Clients may not come in any more.
    AccessDisabled,
    /// From where its clients may come was changed; the detail says how.
    NetworksChanged,
    /// Its password was changed.
    PasswordChanged,
    /// Its limits or settings were changed, or such a change was taken back; the detail says which.
    Altered,
    /// Removing is refused from now on.
    Protected,
    /// Removing is allowed again.
    Unprotected,
    /// It is on its way to the trash, or out of existence.
    Removing,
    /// It is in the trash and its name is free.
    Trashed,
    /// It is on its way back from the trash.
    Restoring,
    /// It is back from the trash.
    Restored,
    /// It is gone for good.
    Purged,
    /// Its server died without being told to; the detail says why, where that can be told.
    Crashed,
    /// pgs gave it up; the detail says why.
    Failed,
    /// Its server was found running, or its record was made anew from its label.
    Adopted,
}

impl EventKind {
    /// The stable name, such as `access_enabled`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Created => "created",
            Self::CreateFailed => "create_failed",
            Self::Starting => "starting",
            Self::Started => "started",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::AccessEnabled => "access_enabled",
            Self::AccessDisabled => "access_disabled",
            Self::NetworksChanged => "networks_changed",
            Self::PasswordChanged => "password_changed",
            Self::Altered => "altered",
            Self::Protected => "protected",
            Self::Unprotected => "unprotected",
            Self::Removing => "removing",
            Self::Trashed => "trashed",
            Self::Restoring => "restoring",
            Self::Restored => "restored",
            Self::Purged => "purged",
            Self::Crashed => "crashed",
            Self::Failed => "failed",
            Self::Adopted => "adopted",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
