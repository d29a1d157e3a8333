//! What there is of tenants, from what the engine lists and the state directory notes. Looking changes nothing.

use crate::{
    holder::{self, Holder},
    host::Host,
    labels::{self, Labels},
    volume,
};
use pgs_core::{
    Error, ErrorKind, Result, TenantUid,
    provision::{Instance, InstanceLabel, Marker},
};
use std::collections::BTreeMap;

/// What there is of one tenant.
pub(crate) async fn inspect(host: &Host, uid: TenantUid) -> Result<Option<Instance>> {
    if let Some(holder) = holder::find(host, uid).await? {
        return instance(host, &holder).map(Some);
    }
    match volume::find(host, uid).await? {
        Some(labels) => bare_volume(host, uid, &labels).map(Some),
        None => Ok(None),
    }
}

/// What there is of all tenants.
pub(crate) async fn list(host: &Host) -> Result<Vec<Instance>> {
    let mut found = BTreeMap::new();
    for labels in volume::all(host).await? {
        if let Some(uid) = labels::uid(&labels) {
            found.insert(uid, bare_volume(host, uid, &labels)?);
        }
    }
    // The one that counts comes first, and so is inserted last.
    for holder in holder::all(host).await?.into_iter().rev() {
        found.insert(holder.uid, instance(host, &holder)?);
    }
    Ok(found.into_values().collect())
}

fn instance(host: &Host, holder: &Holder) -> Result<Instance> {
    let label = label(host, holder.uid, &holder.labels)?;
    let (marker, endpoint) = (marker(host, holder)?, holder.endpoint(host));
    Ok(Instance::new(holder.uid, label, marker, endpoint))
}

fn bare_volume(host: &Host, uid: TenantUid, labels: &Labels) -> Result<Instance> {
    let (label, marker) = (
        label(host, uid, labels)?,
        marker_without_container(host, uid)?,
    );
    Ok(Instance::new(uid, label, marker, None))
}

/// A container's name tells it. What is named unfinished is that only where this state directory notes it too: what is
/// unfinished gets deleted, and another directory, or one that was lost, may know better.
pub(crate) fn marker(host: &Host, holder: &Holder) -> Result<Marker> {
    match holder.named_marker() {
        Marker::Pending if !host.layout.home(holder.uid).is_being_made()? => Ok(Marker::Complete),
        marker => Ok(marker),
    }
}

/// Without a container, only the state directory's notes tell. Without those it counts as whole.
pub(crate) fn marker_without_container(host: &Host, uid: TenantUid) -> Result<Marker> {
    let home = host.layout.home(uid);
    if home.is_being_made()? {
        Ok(Marker::Pending)
    } else if home.is_trashed()? {
        Ok(Marker::Trashed)
    } else {
        Ok(Marker::Complete)
    }
}

/// What is asked for now, as the host has it written down, or else what was when the labels were written.
pub(crate) fn label(host: &Host, uid: TenantUid, labels: &Labels) -> Result<Option<InstanceLabel>> {
    match host.layout.home(uid).label() {
        Ok(Some(label)) => Ok(Some(label)),
        Err(error) if error.kind() != ErrorKind::Corrupt => Err(error),
        _ => Ok(labels::read(labels)),
    }
}

/// How to call the tenant: by its name where that is known, since nobody knows tenants by their uid.
pub(crate) fn tenant(host: &Host, uid: TenantUid) -> String {
    match host.layout.home(uid).label() {
        Ok(Some(label)) => format!("tenant `{}`", label.id),
        _ => format!("tenant uid `{uid}`"),
    }
}

/// There is nothing of this tenant in the engine that carries its labels.
pub(crate) fn gone(host: &Host, uid: TenantUid) -> Error {
    let (tenant, volume) = (tenant(host, uid), labels::volume_name(uid));
    Error::new(
        ErrorKind::NotFound,
        format!("there is no storage of {tenant}: the Docker Engine has no volume {volume}"),
    )
    .with_remedy("restore the volume with its labels from a backup; or give the tenant up with `pgs remove --purge`")
}

/// The volume may be there, and nothing that holds a server of it.
pub(crate) fn without_container(host: &Host, uid: TenantUid) -> Error {
    let message = format!("{} has no container now", tenant(host, uid));
    Error::new(ErrorKind::NotFound, message).with_remedy("start it: that makes one anew")
}

/// The tenant is in the trash, where nothing starts.
pub(crate) fn in_the_trash(host: &Host, uid: TenantUid) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("{} is in the trash", tenant(host, uid)),
    )
    .with_remedy("bring it back with `pgs restore`")
}

/// The label on its storage is missing or damaged.
pub(crate) fn unlabelled(host: &Host, uid: TenantUid) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!(
            "what {} is cannot be told: its labels are damaged",
            tenant(host, uid)
        ),
    )
    .with_remedy(format!("see them with `docker volume inspect pgs-{uid}`"))
}
