//! What there is of tenants, from what the engine lists.

use crate::{
    archive,
    holder::{self, Holder},
    host::Host,
    labels::{self, Labels},
    make,
    place::{self, Place},
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
        Some(labels) => bare_volume(host, uid, &labels).await.map(Some),
        None => Ok(None),
    }
}

/// What there is of all tenants.
pub(crate) async fn list(host: &Host) -> Result<Vec<Instance>> {
    let mut found = BTreeMap::new();
    for holder in holder::all(host).await? {
        found.insert(holder.uid, instance(host, &holder)?);
    }
    for labels in volume::all(host).await? {
        let uid = labels::uid(&labels);
        if let Some(uid) = uid.filter(|uid| !found.contains_key(uid)) {
            found.insert(uid, bare_volume(host, uid, &labels).await?);
        }
    }
    Ok(found.into_values().collect())
}

fn instance(host: &Host, holder: &Holder) -> Result<Instance> {
    let label = label(host, holder.uid, &holder.labels)?;
    let endpoint = holder.endpoint(host);
    Ok(Instance::new(holder.uid, label, holder.marker(), endpoint))
}

/// Without its container, only a look into the volume tells whether it is whole. Where that is not possible, it is taken
/// for whole, since what is not is deleted.
async fn bare_volume(host: &Host, uid: TenantUid, labels: &Labels) -> Result<Instance> {
    let label = label(host, uid, labels)?;
    let marker = match &label {
        Some(label) => look_into(host, label, labels).await.unwrap_or_else(|error| {
            tracing::warn!(%uid, error = %error.chain(), "a volume without a container cannot be looked into");
            Marker::Complete
        }),
        None => Marker::Complete,
    };
    Ok(Instance::new(uid, label, marker, None))
}

async fn look_into(host: &Host, label: &InstanceLabel, labels: &Labels) -> Result<Marker> {
    let holder = make::again(host, label, labels).await?;
    let place = Place::of(label.pg_version);
    let marker = place.own(place::COMPLETE);
    if archive::exists(&host.engine, &holder.id, &marker).await? {
        holder::rename(host, &holder, Marker::Complete).await?;
        return Ok(Marker::Complete);
    }
    Ok(Marker::Pending)
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

pub(crate) fn gone(uid: TenantUid) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("there is no storage of tenant uid `{uid}`"),
    )
}
