use crate::{
    archive::{self, Entry},
    helper,
    holder::{self, Holder},
    host::Host,
    image::Image,
    labels::{self, Init, Making},
    make,
    place::{self, Place},
    recipe,
    template::{self, Template},
    volume,
};
use pgs_core::{
    Password, Result,
    provision::{InstanceLabel, Marker, Progress},
};
use std::{path::Path, time::Duration};

/// Makes a tenant's storage. Each step that was done is not done again, and an unfinished one is done anew.
pub(crate) async fn create(
    host: &Host,
    label: &InstanceLabel,
    progress: &dyn Progress,
) -> Result<()> {
    host.layout.make_roots()?;
    let image = host.image(label.pg_version, progress).await?;
    let _turn = host.turns.acquire().await;
    progress.step("making the tenant's directory");
    host.layout.home(label.uid).make()?;
    host.layout.home(label.uid).write_label(label)?;
    let making = making(host, &image);
    let holder = match holder::find(host, label.uid).await? {
        Some(holder) => holder,
        None => hold(host, label, &making, progress).await?,
    };
    let place = Place::of(label.pg_version);
    if !archive::exists(&host.engine, &holder.id, &place.own(place::FILLED)).await? {
        fill(host, label, &image, &holder, progress).await?;
    }
    progress.step("the storage is made");
    Ok(())
}

fn making(host: &Host, image: &Image) -> Making {
    Making {
        installation: host.installation.clone(),
        generation: 1,
        init: match host.config.initdb_dir {
            Some(_) => Init::Image,
            None => Init::Template,
        },
        image: image.pinned().to_owned(),
    }
}

async fn hold(
    host: &Host,
    label: &InstanceLabel,
    making: &Making,
    progress: &dyn Progress,
) -> Result<Holder> {
    progress.step("making the volume");
    volume::make(host, label.uid, labels::write(label, making)).await?;
    progress.step("making the container");
    make::make(host, label, making, Marker::Pending).await
}

async fn fill(
    host: &Host,
    label: &InstanceLabel,
    image: &Image,
    holder: &Holder,
    progress: &dyn Progress,
) -> Result<()> {
    match &host.config.initdb_dir {
        Some(scripts) => initialise(host, label, image, holder, scripts, progress).await,
        None => copy(host, label, image, holder, progress).await,
    }
}

async fn copy(
    host: &Host,
    label: &InstanceLabel,
    image: &Image,
    holder: &Holder,
    progress: &dyn Progress,
) -> Result<()> {
    let template = Template::ensure(host, image, label.pg_version, progress).await?;
    progress.step("making the manager's secret");
    let home = host.layout.home(label.uid);
    home.write_inherited(&template.secret()?)?;
    let secret = own_secret(host, label)?;
    progress.step("copying the template");
    let place = Place::of(label.pg_version);
    let archive = template::tenant_archive(&template, &place, &secret);
    let engine = host.engine.within(COPY_TAKES);
    archive::upload(
        &engine,
        &holder.id,
        place.root,
        bollard::body_try_stream(archive),
    )
    .await
}

/// Has the image initialise the volume itself, in a container that sees nothing else, and with its user's scripts.
async fn initialise(
    host: &Host,
    label: &InstanceLabel,
    image: &Image,
    holder: &Holder,
    scripts: &Path,
    progress: &dyn Progress,
) -> Result<()> {
    let (place, volume) = (
        Place::of(label.pg_version),
        crate::naming::volume(label.uid),
    );
    let secret = own_secret(host, label)?;
    discard_helpers(host, label).await?;
    let mut labels = labels::write(label, &making(host, image));
    labels.insert(labels::HELPER.to_owned(), "init".to_owned());
    let mounts = vec![
        recipe::volume_mount(&volume, place.root),
        recipe::bind_mount(
            &std::path::absolute(scripts).unwrap_or_else(|_| scripts.to_owned()),
            helper::SCRIPTS,
        ),
    ];
    let mut body = recipe::helper(host, image.pinned(), labels, mounts);
    helper::initialise(
        &mut body,
        &place,
        label.id.as_str(),
        template::initdb_args(label.pg_version),
    );
    progress.step("having the image initialise the storage");
    let name = format!("{volume}.init");
    let container = holder::make(host, &name, body).await?;
    helper::give_password(host, &container, &place, &secret).await?;
    let doing = format!("initialising tenant `{}`", label.id);
    helper::run(host, &container, &doing).await?;
    helper::take_password(host, &container, &place).await?;
    holder::remove(host, &container).await?;
    mark_filled(host, holder, &place, &secret).await
}

/// What a killed process left of an initialisation: what it made of the volume is made again by the next one, since the
/// volume is not marked as filled.
async fn discard_helpers(host: &Host, label: &InstanceLabel) -> Result<()> {
    for left in holder::everything(host, label.uid).await? {
        if labels::is_helper(&left.labels) {
            holder::remove(host, &left.id).await?;
        }
    }
    Ok(())
}

async fn mark_filled(host: &Host, holder: &Holder, place: &Place, secret: &Password) -> Result<()> {
    let secret_path = format!("{}/{}", place::OWN, place::SECRET);
    let filled = format!("{}/{}", place::OWN, place::FILLED);
    let entries = [
        Entry {
            path: place::OWN,
            content: None,
            mode: 0o700,
        },
        Entry {
            path: &secret_path,
            content: Some(secret.reveal().as_bytes()),
            mode: 0o600,
        },
        Entry {
            path: &filled,
            content: Some(b""),
            mode: 0o600,
        },
    ];
    archive::write(&host.engine, &holder.id, place.root, &entries).await
}

/// One that is there already stays: the storage may know it.
fn own_secret(host: &Host, label: &InstanceLabel) -> Result<Password> {
    let home = host.layout.home(label.uid);
    if let Some(secret) = home.secret()? {
        return Ok(secret);
    }
    let secret = Password::generate();
    home.write_secret(&secret)?;
    Ok(secret)
}

const COPY_TAKES: Duration = Duration::from_mins(10);
