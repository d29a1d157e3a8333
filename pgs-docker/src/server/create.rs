use crate::{
    archive,
    files::blocking,
    helper,
    holder::{self, Holder},
    host::Host,
    image::Image,
    labels::{self, Init, Making},
    make, naming,
    place::{self, Place},
    recipe, scripts, secrets,
    template::{self, Copy, Template},
    volume,
};
use pgs_core::{
    Error, Result,
    provision::{InstanceLabel, Marker, Progress},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Makes a tenant's storage. Each step that was done is not done again, and an unfinished one is done anew.
pub(crate) async fn create(
    host: &Host,
    label: &InstanceLabel,
    progress: &dyn Progress,
) -> Result<()> {
    host.layout.make_roots()?;
    let image = host.image(label.pg_version, progress).await?;
    let creation = Creation {
        place: Place::of(label.pg_version),
        host,
        label,
        image,
        progress,
    };
    progress.step("making the tenant's directory");
    host.layout.home(label.uid).make()?;
    host.layout.home(label.uid).write_label(label)?;
    let holder = match holder::find(host, label.uid).await? {
        Some(holder) => holder,
        None => creation.hold().await?,
    };
    let filled = creation.place.own(place::FILLED);
    if !archive::exists(&host.engine, &holder.id, &filled).await? {
        creation.fill(&holder).await?;
    }
    progress.step("the storage is made");
    Ok(())
}

struct Creation<'a> {
    host: &'a Host,
    label: &'a InstanceLabel,
    image: Image,
    place: Place,
    progress: &'a dyn Progress,
}

impl Creation<'_> {
    async fn hold(&self) -> Result<Holder> {
        let (host, label, making) = (self.host, self.label, self.making());
        if volume::find(host, label.uid).await?.is_none() {
            host.layout.home(label.uid).note_being_made()?;
        }
        self.progress.step("making the volume");
        volume::make(host, label.uid, labels::write(label, &making)).await?;
        self.progress.step("making the container");
        make::make(host, label, &making, Marker::Pending).await
    }

    fn making(&self) -> Making {
        Making {
            installation: self.host.installation.clone(),
            generation: 1,
            init: match self.host.config.initdb_dir {
                Some(_) => Init::Image,
                None => Init::Template,
            },
            image: self.image.pinned().to_owned(),
            transport: self.host.config.transport,
            recipe: recipe::fingerprint(self.host),
        }
    }

    async fn fill(&self, holder: &Holder) -> Result<()> {
        match &self.host.config.initdb_dir {
            Some(scripts) => self.initialise(holder, scripts).await,
            None => self.copy(holder).await,
        }
    }

    async fn copy(&self, holder: &Holder) -> Result<()> {
        let (host, label) = (self.host, self.label);
        let template = Template::ensure(host, &self.image, label.pg_version, self.progress).await?;
        self.progress.step("making the manager's secret");
        let home = host.layout.home(label.uid);
        home.write_inherited(&template.secret()?)?;
        let secret = secrets::make(&home)?;
        self.progress.step("copying the template");
        let _turn = host.turns.acquire().await;
        let copy = Copy::new(&template, &self.place, &secret);
        if let Some(directory) = volume::directory(host, label.uid).await? {
            return unpack(copy, directory).await;
        }
        let engine = host.engine.within(COPY_TAKES);
        archive::upload(&engine, &holder.id, self.place.root, copy.stream()).await
    }

    /// Has the image initialise the volume itself, in a container that sees nothing else, and with its user's scripts.
    async fn initialise(&self, holder: &Holder, scripts: &Path) -> Result<()> {
        let (host, place) = (self.host, &self.place);
        let scripts = scripts::archive(scripts, &self.label.id)?;
        let secret = secrets::make(&host.layout.home(self.label.uid))?;
        self.discard_helpers().await?;
        self.progress
            .step("having the image initialise the storage");
        let container = self.make_initialiser().await?;
        helper::give_password(host, &container, place, &secret).await?;
        archive::upload_whole(&host.engine, &container, helper::SCRIPTS, scripts).await?;
        let doing = format!("initialising tenant `{}`", self.label.id);
        helper::run(host, &container, &doing).await?;
        helper::take_password(host, &container, place).await?;
        holder::remove(host, &container).await?;
        let own = place::own_files(&secret);
        archive::write(&host.engine, &holder.id, place.root, &own.entries()).await
    }

    async fn make_initialiser(&self) -> Result<String> {
        let (host, label) = (self.host, self.label);
        let volume = naming::volume(label.uid);
        let mut labels = labels::write(label, &self.making());
        labels.insert(labels::HELPER.to_owned(), "init".to_owned());
        let mounts = vec![recipe::volume_mount(&volume, self.place.root)];
        let mut body = recipe::helper(host, self.image.pinned(), labels, mounts);
        let args = template::initdb_args(label.pg_version);
        helper::initialise(&mut body, &self.place, label.id.as_str(), args);
        holder::make(host, &format!("{volume}.init"), body).await
    }

    /// What a killed process left of an initialisation. Its volume is not marked as filled, so it is made again.
    async fn discard_helpers(&self) -> Result<()> {
        for left in holder::everything(self.host, self.label.uid).await? {
            if labels::is_helper(&left.labels) {
                holder::remove(self.host, &left.id).await?;
            }
        }
        Ok(())
    }
}

/// Past the engine, which takes three times as long for the same.
async fn unpack(copy: Copy, directory: PathBuf) -> Result<()> {
    blocking(move || {
        let unpacked = copy.unpack(&directory);
        unpacked.map_err(|error| Error::io("cannot copy the template into the volume", error))
    })
    .await
}

const COPY_TAKES: Duration = Duration::from_mins(10);
