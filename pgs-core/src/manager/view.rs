use super::TenantManager;
use crate::{
    Lifecycle, Result, TenantId, TenantRecord,
    provision::{InstanceStats, Usage},
};
use futures_util::future::join;

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
    /// What it uses; none when it does not run or nobody counts.
    pub usage: Option<Usage>,
}

impl TenantManager {
    /// Looks at the tenant and asks its server. A server that does not answer is not an error.
    pub async fn show(&self, id: &TenantId) -> Result<TenantView> {
        let record = self.get(id).await?;
        let is_up = self.is_up(&record).await?;
        let (stats, usage) = if is_up {
            join(self.stats(&record), self.usage(&record)).await
        } else {
            (None, None)
        };
        Ok(TenantView {
            record,
            is_up,
            stats,
            usage,
        })
    }

    /// What the tenant's server uses right now; none when it does not run or nobody counts.
    pub async fn usage(&self, record: &TenantRecord) -> Option<Usage> {
        let ask = async { self.provisioner_of(record)?.usage(record.uid).await };
        ask.await
            .inspect_err(|error| tracing::warn!(tenant = %record.id, error = %error.chain(), "what the server uses cannot be told"))
            .ok()
            .flatten()
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
