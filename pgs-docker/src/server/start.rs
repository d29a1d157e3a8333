use crate::{
    archive,
    holder::{self, Holder},
    host::Host,
    labels, make,
    place::{self, Place},
    ready, recipe, secrets, settings, survey, volume,
};
use pgs_admin::PgAdmin;
use pgs_core::{
    Endpoint, Error, ErrorKind, Result, TenantUid,
    provision::{InstanceLabel, Marker, Progress},
};

/// Starts a tenant's server, or adopts the one that runs, and answers where it takes queries.
pub(crate) async fn start(
    host: &Host,
    uid: TenantUid,
    progress: &dyn Progress,
) -> Result<Endpoint> {
    let (holder, label) = whole(host, uid, progress).await?;
    let holder = if holder.is_up {
        holder
    } else {
        start_anew(host, holder, &label, progress).await?
    };
    let endpoint = open_to_manager(host, &holder, &label, progress).await?;
    progress.step("the server is ready");
    Ok(endpoint)
}

/// The tenant's container and what is asked of it, with its data still there; made anew where only the volume is left.
async fn whole(
    host: &Host,
    uid: TenantUid,
    progress: &dyn Progress,
) -> Result<(Holder, InstanceLabel)> {
    let labels = volume::find(host, uid).await?;
    let found = holder::find(host, uid).await?;
    let Some(labels) = labels else {
        let stray = volume::stray(host, uid).await?;
        let is_lost = found.is_some();
        return Err(stray.unwrap_or_else(|| {
            if is_lost {
                lost(host, uid)
            } else {
                survey::gone(host, uid)
            }
        }));
    };
    // A container's labels are younger than its volume's.
    let youngest = found.as_ref().map_or(&labels, |holder| &holder.labels);
    let label = survey::label(host, uid, youngest)?;
    let label = label.ok_or_else(|| survey::unlabelled(host, uid))?;
    let marker = match &found {
        Some(holder) => survey::marker(host, holder)?,
        None => survey::marker_without_container(host, uid)?,
    };
    if marker == Marker::Trashed {
        return Err(survey::in_the_trash(host, uid));
    }
    let holder = if let Some(holder) = found {
        holder
    } else {
        progress.step("making the container anew");
        make::again(host, &label, &labels).await?
    };
    // One that was left with the name of an unfinished one, although it is whole.
    holder::rename(host, &holder, marker).await?;
    Ok((holder, label))
}

async fn start_anew(
    host: &Host,
    holder: Holder,
    label: &InstanceLabel,
    progress: &dyn Progress,
) -> Result<Holder> {
    let holder = if is_as_asked(host, &holder, label) {
        holder
    } else {
        progress.step("making the container anew");
        make::replace(host, label, &holder).await?
    };
    must_be_filled(host, &holder, label).await?;
    let home = host.layout.home(label.uid);
    home.make()?;
    if home.label()?.is_none() {
        home.write_label(label)?;
    }
    home.clear_run()?;
    progress.step("writing the settings");
    settings::write(host, &holder, label).await?;
    progress.step("starting the server");
    let turn = host.turns.acquire().await;
    holder::start(host, &holder.id).await?;
    drop(turn);
    holder::find(host, label.uid)
        .await?
        .ok_or_else(|| survey::gone(host, label.uid))
}

/// Whether the container is what would be made for the tenant now.
fn is_as_asked(host: &Host, holder: &Holder, label: &InstanceLabel) -> bool {
    let making = labels::read_making(&holder.labels);
    let same_recipe = making.is_some_and(|making| making.recipe == recipe::fingerprint(host));
    same_recipe && labels::read(&holder.labels).as_ref() == Some(label)
}

/// An empty volume in the place of the tenant's is never taken for a tenant that is to be initialised.
async fn must_be_filled(host: &Host, holder: &Holder, label: &InstanceLabel) -> Result<()> {
    let place = Place::of(label.pg_version);
    if archive::exists(&host.engine, &holder.id, &place.own(place::FILLED)).await? {
        return Ok(());
    }
    Err(lost(host, label.uid))
}

/// Until the template's password is replaced, whoever made a template could log in.
async fn open_to_manager(
    host: &Host,
    holder: &Holder,
    label: &InstanceLabel,
    progress: &dyn Progress,
) -> Result<Endpoint> {
    let endpoint = holder.endpoint(host).ok_or_else(|| ready::ended(label))?;
    let own = secrets::own(host, &holder.id, label).await?;
    let home = host.layout.home(label.uid);
    progress.step("waiting for the server");
    if let Some(inherited) = home.inherited()? {
        let admin = PgAdmin::new(endpoint.clone(), inherited);
        match ready::wait(host, holder, label, &admin).await {
            // Refused with the template's password means that it was replaced already, and only not forgotten.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            outcome => {
                outcome?;
                admin.replace_secret(&own.verifier()).await?;
            }
        }
        progress.step("forgetting the template's secret");
        home.forget_inherited()?;
    }
    let admin = PgAdmin::new(endpoint.clone(), own);
    ready::wait(host, holder, label, &admin).await?;
    Ok(endpoint)
}

fn lost(host: &Host, uid: TenantUid) -> Error {
    let (tenant, volume) = (survey::tenant(host, uid), labels::volume_name(uid));
    Error::new(
        ErrorKind::NotFound,
        format!("the data of {tenant} is gone: its volume {volume} was removed or emptied by somebody else"),
    )
    .with_remedy("restore the volume from a backup; or give the tenant up with `pgs remove --purge`")
}
