use crate::{
    archive::{self, Entry},
    holder,
    host::Host,
    place::{self, Place},
    survey,
};
use pgs_core::{Result, TenantUid, provision::Marker};

/// Writes the completion marker: into the volume, for whoever finds it without a container, and then as the container's
/// name, which the engine changes in one durable step.
pub(crate) async fn complete(host: &Host, uid: TenantUid) -> Result<()> {
    let holder = holder::find(host, uid)
        .await?
        .ok_or_else(|| survey::gone(uid))?;
    if holder.marker() != Marker::Pending {
        return Ok(());
    }
    let label = survey::label(host, uid, &holder.labels)?.ok_or_else(|| survey::gone(uid))?;
    let place = Place::of(label.pg_version);
    let path = format!("{}/{}", place::OWN, place::COMPLETE);
    let marker = Entry {
        path: &path,
        content: Some(b""),
        mode: 0o600,
    };
    archive::write(&host.engine, &holder.id, place.root, &[marker]).await?;
    holder::rename(host, &holder, Marker::Complete).await
}
