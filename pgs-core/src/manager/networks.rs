use super::TenantManager;
use crate::{NetworkRules, NetworksChange, Result, TenantId, TenantRecord, catalog::EventKind};

impl TenantManager {
    /// Changes from where the tenant's clients may come, from the next connection on, and answers the rules that hold now.
    ///
    /// Nothing is restarted, and live sessions go on.
    pub async fn set_networks(
        &self,
        id: &TenantId,
        change: &NetworksChange,
    ) -> Result<NetworkRules> {
        let found = self.get(id).await?;
        if change.applied_to(&found.networks) == found.networks {
            return Ok(found.networks);
        }
        self.step("recording the networks");
        let set = |record: &mut TenantRecord| {
            record.networks = change.applied_to(&record.networks);
            Ok(())
        };
        let told = change.to_string();
        let record = self
            .change(found.uid, EventKind::NetworksChanged, Some(&told), set)
            .await?;
        self.step("networks set");
        Ok(record.networks)
    }
}
