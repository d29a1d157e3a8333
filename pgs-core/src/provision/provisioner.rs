use super::{Admin, Alteration, Endpoint, Instance, InstanceLabel, Progress, StopMode, Usage};
use crate::{InstanceSpec, PgMajor, Result, TenantUid};
use async_trait::async_trait;
use std::fmt::Debug;

/// What makes, runs and takes away instances: processes, containers, pods.
///
/// The [`TenantManager`](crate::TenantManager) decides what happens and in which order, records the intent before it
/// calls, and holds the tenant's lock meanwhile. A provisioner only does what it is told, to one instance at a time.
///
/// # Behavior
///
/// - Every method can be repeated after it succeeded, failed or was cut short by a crash, and then converges.
/// - Storage is keyed by uid; nothing that does not carry a uid's label is ever changed or deleted.
/// - Long work announces its steps to `progress`: one before each side effect, one after the last.
/// - Errors have the kind a caller can act on: `MissingDependency`, `ResourceExhausted`, `InstanceFailed`, ...
#[async_trait]
pub trait Provisioner: Debug + Send + Sync {
    /// The name that records carry, such as `local`.
    fn name(&self) -> &'static str;

    /// Whether what it works with answers at all: an engine may be away, or take a connection and never say a word.
    ///
    /// # Behavior
    ///
    /// - Answers within a few seconds whatever happens; the implementation sees to that.
    /// - Asked once before many tenants are looked at, so that they need not all wait for what is not there.
    async fn is_there(&self) -> Result<()> {
        Ok(())
    }

    /// Answers the major version that this spec will get, or why it cannot be had here.
    ///
    /// # Behavior
    ///
    /// - Changes nothing, so that a refusal leaves nothing behind.
    /// - A limit that cannot be enforced is `Unsupported`, never ignored.
    async fn plan(&self, spec: &InstanceSpec) -> Result<PgMajor>;

    /// Makes the instance's storage, with its label, pending and stopped.
    ///
    /// # Behavior
    ///
    /// - Something unlabelled found in the way is renamed aside where that is ours to do, else reported as `AlreadyExists`;
    ///   it is never deleted.
    /// - Leaves the completion marker to [`complete`](Provisioner::complete).
    async fn create(&self, label: &InstanceLabel, progress: &dyn Progress) -> Result<()>;

    /// Writes the completion marker, durably: from now on the storage is never taken for debris.
    async fn complete(&self, uid: TenantUid) -> Result<()>;

    /// Starts the server and waits until it answers an authenticated query; a running one is adopted.
    ///
    /// # Behavior
    ///
    /// - The server outlives this process.
    /// - When the server gives up, the error is `InstanceFailed` with the end of its log.
    /// - Storage that is gone is `NotFound`: it is never initialised again.
    async fn start(&self, uid: TenantUid, progress: &dyn Progress) -> Result<Endpoint>;

    /// Stops the server and verifies that its control file says so; a stopped one stays stopped.
    async fn stop(&self, uid: TenantUid, mode: StopMode, progress: &dyn Progress) -> Result<()>;

    /// Writes on the storage what is asked for from now on, and has a running server hold to it without a restart.
    ///
    /// # Behavior
    ///
    /// - What cannot change under a running server holds from the next start on, and the answer names it.
    /// - The storage's label is written last, so a change that was cut short is seen by the label that differs.
    /// - The caller has made sure of it with [`plan`](Provisioner::plan).
    async fn alter(&self, label: &InstanceLabel, progress: &dyn Progress) -> Result<Alteration>;

    /// What there is of this tenant, without waiting for its server.
    async fn inspect(&self, uid: TenantUid) -> Result<Option<Instance>>;

    /// Everything that carries a label of ours, in no order, without waiting for any server.
    async fn list(&self) -> Result<Vec<Instance>>;

    /// Moves the stopped instance's storage to the trash.
    async fn trash(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()>;

    /// Moves the instance's storage back from the trash.
    async fn restore(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()>;

    /// Deletes the instance for good, wherever it is and in whatever state, its server included. Nothing there is success.
    async fn destroy(&self, uid: TenantUid, progress: &dyn Progress) -> Result<()>;

    /// The manager's session into the running instance.
    async fn admin(&self, uid: TenantUid) -> Result<Box<dyn Admin>>;

    /// Waits until no server of this tenant runs any more; at once, when none does.
    async fn exited(&self, uid: TenantUid) -> Result<()>;

    /// What the instance uses right now; none when no server runs, or nobody counts.
    async fn usage(&self, uid: TenantUid) -> Result<Option<Usage>> {
        let _ = uid;
        Ok(None)
    }

    /// Why the server that ran last is gone, in words for a person, where that can be told.
    async fn exit_reason(&self, uid: TenantUid) -> Result<Option<String>> {
        let _ = uid;
        Ok(None)
    }

    /// The last lines of the server's log.
    async fn logs(&self, uid: TenantUid, lines: usize) -> Result<String>;
}
