use async_trait::async_trait;
use pgs_core::{Result, TenantManager, TenantUid, provision::ServerSession};

/// Ends sessions over the manager's own session into the tenant's server.
#[derive(Debug)]
pub(crate) struct SessionEnder(pub(crate) TenantManager);

#[async_trait]
impl pgs_proxy::SessionEnder for SessionEnder {
    async fn end(&self, tenant: TenantUid, sessions: &[ServerSession]) -> Result<()> {
        let told = self.0.terminate(tenant, sessions).await?;
        tracing::info!(%tenant, told, "the server ends the sessions that are left");
        Ok(())
    }
}
