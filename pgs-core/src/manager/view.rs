use super::TenantManager;
use crate::{Lifecycle, Result, TenantId, TenantRecord, provision::InstanceStats};

/// A tenant as it is right now: its record, and what its server tells of itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TenantView {
    /// What the catalogue knows.
    pub record: TenantRecord,
    /// Whether a server process is there.
    pub is_up: bool,
    /// What the server tells; none when it does not run or does not answer.
    pub stats: Option<InstanceStats>,
}

impl TenantManager {
    /// Looks at the tenant and asks its server. A server that does not answer is not an error.
    pub async fn show(&self, id: &TenantId) -> Result<TenantView> {
        let record = self.get(id).await?;
        let is_up = self.is_up(&record).await?;
        let stats = if is_up {
            self.stats(&record).await
        } else {
            None
        };
        Ok(TenantView {
            record,
            is_up,
            stats,
        })
    }

    /// What the tenant's server tells of itself; none when it does not run or does not answer.
    pub async fn stats(&self, record: &TenantRecord) -> Option<InstanceStats> {
        if record.lifecycle != Lifecycle::Running {
            return None;
        }
        let ask = async {
            self.provisioner_of(record)?
                .admin(record.uid)
                .await?
                .stats()
                .await
        };
        ask.await
            .inspect_err(|error| tracing::warn!(tenant = %record.id, error = %error.chain(), "the server does not answer"))
            .ok()
    }
}
