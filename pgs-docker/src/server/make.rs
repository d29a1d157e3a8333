//! Making a tenant's container, at first and whenever it has to be made anew.

use crate::{
    holder::{self, Holder},
    host::Host,
    labels::{self, Init, Labels, Making},
    naming, network,
    place::Place,
    recipe, survey,
};
use bollard::models::ContainerInspectResponse;
use pgs_core::{
    Error, ErrorKind, Result,
    provision::{InstanceLabel, Marker, Silent},
};

/// Makes the tenant's container under the name of this marker, and makes sure that its data is where it should be.
pub(crate) async fn make(
    host: &Host,
    label: &InstanceLabel,
    making: &Making,
    marker: Marker,
) -> Result<Holder> {
    host.layout.home(label.uid).make()?;
    network::ensure(host).await?;
    let name = naming::container(label.uid, marker);
    let id = holder::make(host, &name, recipe::server(host, label, making)).await?;
    if let Err(error) = must_hold_the_volume(host, &id, label).await {
        holder::remove_with_strays(host, &id).await?;
        return Err(error);
    }
    holder::find(host, label.uid)
        .await?
        .ok_or_else(|| survey::gone(host, label.uid))
}

/// Makes a container anew for a volume that lost its own.
pub(crate) async fn again(host: &Host, label: &InstanceLabel, labels: &Labels) -> Result<Holder> {
    host.layout.make_roots()?;
    let marker = survey::marker_without_container(host, label.uid)?;
    let making = successor(host, label, labels).await?;
    make(host, label, &making, marker).await
}

/// Makes a stopped container anew, of the same image, as its tenant is to be now.
pub(crate) async fn replace(host: &Host, label: &InstanceLabel, old: &Holder) -> Result<Holder> {
    let making = successor(host, label, &old.labels).await?;
    let marker = survey::marker(host, old)?;
    holder::remove(host, &old.id).await?;
    make(host, label, &making, marker).await
}

/// The same as before, one generation later. Only an image that no registry has, since it was built here, is replaced by the
/// configured one: another image than the one it was made with may sort its indexes differently.
async fn successor(host: &Host, label: &InstanceLabel, labels: &Labels) -> Result<Making> {
    let before = labels::read_making(labels);
    let generation = before.as_ref().map_or(1, |making| making.generation + 1);
    let pinned = before.as_ref().map(|making| making.image.clone());
    let kept = match &pinned {
        Some(pinned) => host.pinned_image(pinned, &Silent).await,
        None => host.image(label.pg_version, &Silent).await,
    };
    let image = match kept {
        Err(error)
            if pinned.as_ref().is_some_and(|pinned| !pinned.contains('@'))
                && error.kind() == ErrorKind::MissingDependency =>
        {
            tracing::warn!(tenant = %label.id, image = pinned, "the image this tenant was made from is gone; using the configured one");
            host.image(label.pg_version, &Silent).await?
        }
        image => image?,
    };
    Ok(Making {
        installation: host.installation.clone(),
        generation,
        init: before.map_or(Init::Template, |making| making.init),
        image: image.pinned().to_owned(),
        transport: host.config.transport,
        recipe: recipe::fingerprint(host),
    })
}

/// A data directory that is not in the tenant's volume would be gone with the container.
async fn must_hold_the_volume(host: &Host, container: &str, label: &InstanceLabel) -> Result<()> {
    let found = host
        .engine
        .docker()
        .inspect_container(container, None)
        .await;
    let found = found.map_err(|error| host.engine.failed("look at the new container", error))?;
    let place = Place::of(label.pg_version);
    let stray = stray_volume(&found, &naming::volume(label.uid), place.root);
    let Some(stray) = stray else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Unsupported, stray).with_remedy(
        "use an image whose VOLUME is that of the official one of its version: `[docker] image = ...`",
    ))
}

/// What is wrong with a container's mounts, if something is.
fn stray_volume(found: &ContainerInspectResponse, volume: &str, root: &str) -> Option<String> {
    let mounts = found.mounts.as_deref().unwrap_or_default();
    let volumes = || {
        mounts
            .iter()
            .filter(|mount| mount.typ.as_deref() == Some(VOLUME))
    };
    let ours = |name: Option<&str>| name == Some(volume);
    if let Some(other) = volumes().find(|mount| !ours(mount.name.as_deref())) {
        let at = other.destination.as_deref().unwrap_or_default();
        return Some(format!(
            "the image keeps data of its own at `{at}`, outside the tenant's volume"
        ));
    }
    let held =
        volumes().any(|mount| mount.destination.as_deref() == Some(root) && mount.rw == Some(true));
    (!held).then(|| format!("the engine did not mount the tenant's volume at `{root}`"))
}

const VOLUME: &str = "volume";

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::MountPoint;

    fn mounted(name: &str, at: &str) -> MountPoint {
        MountPoint {
            typ: Some(VOLUME.to_owned()),
            name: Some(name.to_owned()),
            destination: Some(at.to_owned()),
            rw: Some(true),
            ..MountPoint::default()
        }
    }

    fn container(mounts: Vec<MountPoint>) -> ContainerInspectResponse {
        ContainerInspectResponse {
            mounts: Some(mounts),
            ..ContainerInspectResponse::default()
        }
    }

    #[test]
    fn data_outside_the_tenants_volume_is_found() {
        let ours = || mounted("pgs-1", "/data");
        assert_eq!(
            stray_volume(&container(vec![ours()]), "pgs-1", "/data"),
            None
        );
        let anonymous = container(vec![ours(), mounted("4f5e", "/elsewhere")]);
        assert!(
            stray_volume(&anonymous, "pgs-1", "/data")
                .unwrap()
                .contains("/elsewhere")
        );
        for wrong in [vec![], vec![mounted("pgs-1", "/other")]] {
            assert!(stray_volume(&container(wrong), "pgs-1", "/data").is_some());
        }
    }
}
