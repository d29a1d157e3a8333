use super::{SECRET, archive, initdb_args, put_in_place};
use crate::{
    archive::{Entry, write},
    files::{self, blocking},
    helper, holder,
    host::Host,
    image::Image,
    labels::helper as helper_labels,
    place::Place,
    recipe,
};
use pgs_core::{Password, PgMajor, Result, provision::Progress};
use std::path::Path;

/// A template in the making: the image initialises a data directory in a container of its own, which is archived.
pub(super) struct Build<'a> {
    pub(super) host: &'a Host,
    pub(super) image: &'a Image,
    pub(super) major: PgMajor,
    pub(super) key: &'a str,
}

impl Build<'_> {
    /// Makes it and puts it in its place.
    pub(super) async fn run(&self, to: &Path, progress: &dyn Progress) -> Result<()> {
        let name = format!("pgs-template-{}-{:08x}", self.key, rand::random::<u32>());
        let unfinished = to.with_file_name(format!(".building-{}", self.key));
        self.sweep(&unfinished).await?;
        files::directory(&unfinished, files::PRIVATE_DIR)?;
        progress.step("initialising the template");
        let made = self.fill(&name, &unfinished).await;
        let swept = helper::discard(self.host, &name).await;
        made.and(swept)?;
        progress.step("finishing the template");
        let to = to.to_owned();
        blocking(move || put_in_place(&unfinished, &to)).await
    }

    /// Removes what a killed builder left.
    async fn sweep(&self, unfinished: &Path) -> Result<()> {
        files::remove_tree(unfinished)?;
        helper::discard_all(self.host, &self.purpose()).await
    }

    async fn fill(&self, name: &str, unfinished: &Path) -> Result<()> {
        let (host, place, secret) = (self.host, Place::of(self.major), Password::generate());
        files::write(&unfinished.join(SECRET), secret.reveal().as_bytes())?;
        let container = self.make_container(name, &place).await?;
        helper::give_password(host, &container, &place, &secret).await?;
        let script = Entry {
            path: "zz-pgs.sql",
            content: Some(SPARE_TENANT),
            mode: 0o644,
        };
        write(&host.engine, &container, helper::SCRIPTS, &[script]).await?;
        helper::run(host, &container, "initialising a template").await?;
        archive::download(host, &container, &place, unfinished).await
    }

    async fn make_container(&self, name: &str, place: &Place) -> Result<String> {
        let labels = helper_labels(&self.host.installation, &self.purpose());
        helper::make_volume(self.host, name, labels.clone()).await?;
        let mounts = vec![recipe::volume_mount(name, place.root)];
        let mut body = recipe::helper(self.host, self.image.pinned(), labels, mounts);
        helper::initialise(&mut body, place, "pgs_tenant", initdb_args(self.major));
        holder::make(self.host, name, body).await
    }

    fn purpose(&self) -> String {
        format!("template-{}", self.key)
    }
}

/// What tenants only rename. The database is the one that the image is told to make.
const SPARE_TENANT: &[u8] =
    b"CREATE ROLE pgs_tenant NOLOGIN;\nALTER DATABASE pgs_tenant OWNER TO pgs_tenant;\n";
