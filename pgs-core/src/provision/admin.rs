use crate::{InitScript, Privilege, Result, ScramVerifier, TenantId};
use async_trait::async_trait;
use std::fmt::Debug;

/// The manager's own session into one running instance, with the rights of its superuser.
///
/// # Behavior
///
/// - Every method can be repeated: done twice, it is as if done once.
/// - No method sends a clear password to the server.
/// - Every wait for the server has a deadline; passing it is an error, never a hang.
#[async_trait]
pub trait Admin: Debug + Send + Sync {
    /// Makes sure of the tenant's role, with this verifier and these rights, and of its database, owned by that role.
    async fn ensure_tenant(
        &self,
        id: &TenantId,
        verifier: &ScramVerifier,
        privilege: Privilege,
    ) -> Result<()>;

    /// Sets the password of the tenant's role. Live sessions go on.
    async fn set_password(&self, id: &TenantId, verifier: &ScramVerifier) -> Result<()>;

    /// Runs an init script in the tenant's database unless one of that name was run before.
    ///
    /// The script and the record that it was run are one transaction: it is wholly done or not at all.
    /// A failure is [`ErrorKind::InitScript`](crate::ErrorKind::InitScript) with the script's name, its line and the server's words.
    async fn run_script(&self, id: &TenantId, script: &InitScript) -> Result<ScriptOutcome>;

    /// Ends every session of others than the manager, through the server: clients see SQLSTATE 57P01. Answers how many.
    async fn end_sessions(&self) -> Result<u64>;

    /// What the instance tells of itself.
    async fn stats(&self) -> Result<InstanceStats>;
}

/// What became of an init script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptOutcome {
    /// It was run now.
    Applied,
    /// It had been run before.
    AlreadyApplied,
}

/// What an instance tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct InstanceStats {
    /// Sessions of others than the manager.
    pub sessions: u64,
    /// Bytes of all its databases together.
    pub size_bytes: u64,
    /// The server's version, such as `18.6`.
    pub server_version: String,
    /// The system identifier from its control file, different for every instance.
    pub system_identifier: String,
}
