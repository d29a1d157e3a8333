use super::{TenantManager, access::require_running};
use crate::{InitScript, Result, TenantId, provision::ScriptOutcome};

impl TenantManager {
    /// Runs init scripts in the tenant's database, in order, each once, and tells of each what became of it.
    ///
    /// Stops at the first that fails; those before it stay done, since each is a transaction of its own.
    pub async fn run_init_scripts(
        &self,
        id: &TenantId,
        scripts: &[InitScript],
    ) -> Result<Vec<ScriptOutcome>> {
        let (_lock, record) = self.locked(id).await?;
        require_running(&record)?;
        let admin = self.provisioner_of(&record)?.admin(record.uid).await?;
        let mut outcomes = Vec::with_capacity(scripts.len());
        for script in scripts {
            self.step("running an init script");
            outcomes.push(admin.run_script(&record.id, script).await?);
        }
        Ok(outcomes)
    }
}
