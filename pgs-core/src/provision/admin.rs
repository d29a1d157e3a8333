use crate::{InitScript, Privilege, Result, ScramVerifier, TenantId};
use async_trait::async_trait;
use std::{fmt::Debug, time::Duration};

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

    /// Ends those of these sessions that are still there, and no other, as [`end_sessions`](Admin::end_sessions) does.
    /// Answers how many it told.
    async fn terminate(&self, sessions: &[ServerSession]) -> Result<u64>;

    /// What the instance tells of itself.
    async fn stats(&self) -> Result<InstanceStats>;
}

/// A session as somebody who relays it knows it.
///
/// A process id alone may be another's by the time it is used; together with the age it is one session's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerSession {
    /// The process id that the server announced with the cancel key.
    pub pid: u32,
    /// How long ago that was. A session that began later is not meant.
    pub age: Duration,
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
