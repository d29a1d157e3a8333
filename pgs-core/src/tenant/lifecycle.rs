use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a tenant is, as last recorded. What it should become is its [`Desired`] state, a field of its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "state", content = "reason")]
#[non_exhaustive]
pub enum Lifecycle {
    /// Its storage is being made; without the completion marker it will be taken away again.
    Creating,
    /// Its storage is complete and no server runs.
    Stopped,
    /// Its server was told to start and has not answered an authenticated query yet.
    Starting,
    /// Its server answered an authenticated query.
    Running,
    /// Its server was told to stop.
    Stopping,
    /// Stopped by pgs to save memory, to be started by the next connection.
    Suspended,
    /// On its way to the trash or out of existence.
    Removing,
    /// In the trash: its name is free, its data can come back.
    Trashed,
    /// Given up, with the reason; its data is kept.
    Failed(String),
}

/// What a tenant should become: the recorded intent that reconciling works towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Desired {
    /// A server that answers.
    Running,
    /// Storage without a server.
    Stopped,
    /// Storage in the trash, its name free.
    Trashed,
    /// Nothing at all.
    Gone,
}

impl Lifecycle {
    /// The one table of legal moves. Staying where one is, is always legal.
    ///
    /// ```
    /// use pgs_core::Lifecycle;
    ///
    /// assert!(Lifecycle::Stopped.may_become(&Lifecycle::Starting));
    /// assert!(!Lifecycle::Trashed.may_become(&Lifecycle::Running));
    /// ```
    #[must_use]
    pub fn may_become(&self, next: &Self) -> bool {
        use Lifecycle::{
            Creating, Failed, Removing, Running, Starting, Stopped, Stopping, Suspended, Trashed,
        };
        match (self, next) {
            (Creating, Running | Stopped | Failed(_))
            | (Stopped | Suspended | Failed(_), Starting | Stopping)
            | (Starting, Running | Stopping | Stopped | Failed(_))
            | (Running, Starting | Stopping | Failed(_))
            | (Stopping, Stopped | Suspended | Starting | Failed(_))
            | (Removing, Trashed | Failed(_))
            | (Trashed, Stopped)
            // Whatever state a tenant is in, it can be removed.
            | (_, Removing) => true,
            (from, to) => std::mem::discriminant(from) == std::mem::discriminant(to),
        }
    }

    /// The state's one-word name, without a failure's reason.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Suspended => "suspended",
            Self::Removing => "removing",
            Self::Trashed => "trashed",
            Self::Failed(_) => "failed",
        }
    }
}

impl Desired {
    /// Its name, such as `running`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Trashed => "trashed",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_in_the_trash_must_be_restored_before_it_runs() {
        assert!(Lifecycle::Trashed.may_become(&Lifecycle::Stopped));
        assert!(!Lifecycle::Trashed.may_become(&Lifecycle::Running));
        assert!(!Lifecycle::Trashed.may_become(&Lifecycle::Starting));
    }

    #[test]
    fn nothing_becomes_creating_again() {
        for state in [
            Lifecycle::Stopped,
            Lifecycle::Running,
            Lifecycle::Trashed,
            Lifecycle::Failed("x".into()),
        ] {
            assert!(!state.may_become(&Lifecycle::Creating));
        }
    }
}
