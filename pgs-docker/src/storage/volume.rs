//! The named volume that holds a tenant's data.

use crate::{
    engine::is_not_found,
    host::Host,
    labels::{self, Labels},
    naming, survey,
};
use bollard::{
    models::{Volume, VolumeCreateRequest},
    query_parameters::{ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder},
};
use pgs_core::{Error, ErrorKind, Result, TenantUid};
use std::path::PathBuf;

/// The labels of the tenant's volume; none where there is no volume of that name, or it is not ours.
pub(crate) async fn find(host: &Host, uid: TenantUid) -> Result<Option<Labels>> {
    let found = inspect(host, uid).await?;
    let ours = found.filter(|volume| host.owns(&volume.labels, uid));
    Ok(ours.map(|volume| volume.labels))
}

/// Why a volume of the tenant's name is not taken for the tenant's; none where there is no such volume.
pub(crate) async fn stray(host: &Host, uid: TenantUid) -> Result<Option<Error>> {
    let Some(volume) = inspect(host, uid).await? else {
        return Ok(None);
    };
    let name = naming::volume(uid);
    let error = match volume.labels.get(labels::INSTALLATION) {
        Some(owner) => Error::new(
            ErrorKind::NotFound,
            format!("the volume `{name}` belongs to the installation `{owner}`, and this one is `{}`", host.installation),
        )
        .with_remedy(format!("if the state directory was moved, name the installation: `[docker] installation = \"{owner}\"`")),
        None => Error::new(
            ErrorKind::NotFound,
            format!("the volume `{name}` has no labels of pgs, so it is not taken for {}'s", survey::tenant(host, uid)),
        )
        .with_remedy(format!(
            "if it is, copy its data into one that has them: docker volume create --label {}={} --label {}={uid} <name>",
            labels::INSTALLATION, host.installation, labels::UID,
        )),
    };
    Ok(Some(error))
}

/// The labels of all volumes of this installation's tenants.
pub(crate) async fn all(host: &Host) -> Result<Vec<Labels>> {
    let filter = labels::filter(&host.installation, labels::UID);
    let options = ListVolumesOptionsBuilder::new().filters(&filter).build();
    let listed = host.engine.docker().list_volumes(Some(options)).await;
    let listed = listed.map_err(|error| host.engine.failed("list volumes", error))?;
    let volumes = listed.volumes.unwrap_or_default().into_iter();
    Ok(volumes.map(|volume| volume.labels).collect())
}

/// Makes the tenant's volume; one that is there already stays as it is.
pub(crate) async fn make(host: &Host, uid: TenantUid, labels: Labels) -> Result<()> {
    let name = naming::volume(uid);
    let wanted = VolumeCreateRequest {
        name: Some(name.clone()),
        labels: Some(labels),
        ..VolumeCreateRequest::default()
    };
    let is_new = inspect(host, uid).await?.is_none();
    let made = match host.engine.docker().create_volume(wanted).await {
        Ok(made) => made,
        Err(error) => {
            if is_new {
                discard_unlabelled(host, uid).await;
            }
            return Err(host
                .engine
                .failed(&format!("make the volume `{name}`"), error));
        }
    };
    // The engine answers with whatever has that name.
    if host.owns(&made.labels, uid) {
        return Ok(());
    }
    Err(taken("volume", &name))
}

/// Where the tenant's volume is on this machine, if this process may write there as the engine would: only root may, on
/// the engine's own machine, where users have the same numbers inside and outside of containers.
pub(crate) async fn directory(host: &Host, uid: TenantUid) -> Result<Option<PathBuf>> {
    let is_root = rustix::process::geteuid().is_root();
    let engine = host.info().await?;
    if !is_root || !host.engine.is_local() || engine.is_desktop || engine.remaps_users {
        return Ok(None);
    }
    let found = inspect(host, uid).await?;
    let plain = found.filter(|volume| volume.driver == "local" && volume.options.is_empty());
    let directory = plain.map(|volume| PathBuf::from(volume.mountpoint));
    Ok(directory.filter(|directory| directory.is_dir()))
}

/// Deletes the tenant's volume. Nothing there is success, and somebody else's of that name stays.
pub(crate) async fn remove(host: &Host, uid: TenantUid) -> Result<()> {
    if find(host, uid).await?.is_none() {
        return Ok(());
    }
    let name = naming::volume(uid);
    match delete(host, &name).await {
        Err(error) if !is_not_found(&error) => Err(host
            .engine
            .failed(&format!("delete the volume `{name}`"), error)),
        _ => Ok(()),
    }
}

/// An engine that cannot write its labels down, on a full disk, leaves the volume that it had made for them. Nobody would
/// know later whose it is.
async fn discard_unlabelled(host: &Host, uid: TenantUid) {
    let left = inspect(host, uid).await.ok().flatten();
    if left.is_none_or(|left| !left.labels.is_empty()) {
        return;
    }
    let name = naming::volume(uid);
    if let Err(error) = delete(host, &name).await {
        tracing::warn!(%error, name, "a volume that was never labelled could not be deleted");
    }
}

async fn delete(host: &Host, name: &str) -> Result<(), bollard::errors::Error> {
    let options = RemoveVolumeOptionsBuilder::new().force(false).build();
    host.engine
        .docker()
        .remove_volume(name, Some(options))
        .await
}

async fn inspect(host: &Host, uid: TenantUid) -> Result<Option<Volume>> {
    let name = naming::volume(uid);
    match host.engine.docker().inspect_volume(&name).await {
        Ok(volume) => Ok(Some(volume)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(host
            .engine
            .failed(&format!("look at the volume `{name}`"), error)),
    }
}

/// A name of ours that somebody else uses: nothing of theirs is touched.
pub(crate) fn taken(what: &str, name: &str) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("a {what} named `{name}` is there and was not made by this installation of pgs"),
    )
    .with_remedy(format!(
        "look at it with `docker {what} inspect {name}`, and rename or remove it"
    ))
}
