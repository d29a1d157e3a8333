use crate::{holder, host::Host, survey};
use pgs_core::{Result, TenantUid, provision::Marker};

/// Writes the completion marker, which is the container's name: the engine changes it in one durable step.
pub(crate) async fn complete(host: &Host, uid: TenantUid) -> Result<()> {
    let holder = holder::find(host, uid)
        .await?
        .ok_or_else(|| survey::gone(host, uid))?;
    if holder.named_marker() == Marker::Pending {
        holder::rename(host, &holder, Marker::Complete).await?;
    }
    host.layout.home(uid).note_complete()
}
