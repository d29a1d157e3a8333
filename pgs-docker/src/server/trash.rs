//! The trash: a container's name says that its tenant is in it. Nothing is moved, since volumes cannot be.

use crate::{config::Transport, holder, host::Host, labels, make, network, survey, volume};
use holder::Holder;
use pgs_core::{
    Error, ErrorKind, Result, TenantUid,
    provision::{Marker, Progress},
};

pub(crate) async fn put(host: &Host, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
    let holder = holder_of(host, uid).await?;
    if holder.is_up {
        let message = format!("the server of {} is running", survey::tenant(host, uid));
        return Err(Error::new(ErrorKind::WrongState, message).with_remedy("stop it first"));
    }
    progress.step("moving the container to the trash");
    host.layout.make_roots()?;
    host.layout.home(uid).make()?;
    host.layout.home(uid).note_trashed()?;
    holder::rename(host, &holder, Marker::Trashed).await?;
    progress.step("the storage is in the trash");
    Ok(())
}

pub(crate) async fn take_back(host: &Host, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
    let holder = holder_of(host, uid).await?;
    progress.step("moving the container back from the trash");
    holder::rename(host, &holder, Marker::Complete).await?;
    host.layout.home(uid).note_restored()?;
    progress.step("the storage is back");
    Ok(())
}

/// A container that somebody removed is made anew, to carry the name.
async fn holder_of(host: &Host, uid: TenantUid) -> Result<Holder> {
    if let Some(holder) = holder::find(host, uid).await? {
        return Ok(holder);
    }
    let labels = volume::find(host, uid)
        .await?
        .ok_or_else(|| survey::gone(host, uid))?;
    let label = survey::label(host, uid, &labels)?.ok_or_else(|| survey::gone(host, uid))?;
    make::again(host, &label, &labels).await
}

/// Deletes everything of a tenant that carries its label: containers first, since they hold the volume.
pub(crate) async fn destroy(host: &Host, uid: TenantUid, progress: &dyn Progress) -> Result<()> {
    let containers = holder::everything(host, uid).await?;
    if !containers.is_empty() {
        progress.step("removing the container");
    }
    for container in containers {
        if labels::uid(&container.labels) == Some(uid) {
            holder::remove(host, &container.id).await?;
        }
    }
    if volume::find(host, uid).await?.is_some() {
        progress.step("deleting the volume");
        volume::remove(host, uid).await?;
    }
    progress.step("deleting the tenant's directory");
    host.layout.home(uid).remove()?;
    if host.config.transport != Transport::Socket && holder::all(host).await?.is_empty() {
        network::discard(host).await;
    }
    progress.step("the storage is deleted");
    Ok(())
}
