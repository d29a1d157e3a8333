use super::{SECRET, archive, put_in_place};
use crate::{
    archive::{Entry, write},
    files::{self, blocking},
    helper,
    host::Host,
    image::Image,
    labels::helper as helper_labels,
    place::Place,
    recipe,
};
use pgs_core::{Password, PgMajor, Result, provision::Progress};
use std::path::Path;

/// Makes a template: the image initialises a data directory in a container of its own, which is archived.
pub(super) async fn build(
    host: &Host,
    image: &Image,
    major: PgMajor,
    key: &str,
    to: &Path,
    progress: &dyn Progress,
) -> Result<()> {
    let name = format!("pgs-template-{key}-{:08x}", rand::random::<u32>());
    let unfinished = to.with_file_name(format!(".building-{key}"));
    sweep(host, key, &unfinished).await?;
    files::directory(&unfinished, files::PRIVATE_DIR)?;
    let secret = Password::generate();
    files::write(&unfinished.join(SECRET), secret.reveal().as_bytes())?;
    progress.step("initialising the template");
    let made = fill(host, image, major, key, &name, &secret, &unfinished).await;
    let swept = helper::discard(host, &name).await;
    made.and(swept)?;
    progress.step("finishing the template");
    let to = to.to_owned();
    blocking(move || put_in_place(&unfinished, &to)).await
}

/// Removes what a killed builder left.
async fn sweep(host: &Host, key: &str, unfinished: &Path) -> Result<()> {
    files::remove_tree(unfinished)?;
    helper::discard_all(host, &purpose(key)).await
}

async fn fill(
    host: &Host,
    image: &Image,
    major: PgMajor,
    key: &str,
    name: &str,
    secret: &Password,
    unfinished: &Path,
) -> Result<()> {
    let place = Place::of(major);
    let labels = helper_labels(&host.installation, &purpose(key));
    helper::make_volume(host, name, labels.clone()).await?;
    let mounts = vec![recipe::volume_mount(name, place.root)];
    let mut body = recipe::helper(host, image.pinned(), labels, mounts);
    helper::initialise(&mut body, &place, "pgs_tenant", super::initdb_args(major));
    let container = crate::holder::make(host, name, body).await?;
    helper::give_password(host, &container, &place, secret).await?;
    let script = Entry {
        path: "zz-pgs.sql",
        content: Some(SPARE_TENANT),
        mode: 0o644,
    };
    write(&host.engine, &container, helper::SCRIPTS, &[script]).await?;
    helper::run(host, &container, "initialising a template").await?;
    archive::download(host, &container, &place, unfinished).await
}

fn purpose(key: &str) -> String {
    format!("template-{key}")
}

/// What tenants only rename. The database is the one that the image is told to make.
const SPARE_TENANT: &[u8] =
    b"CREATE ROLE pgs_tenant NOLOGIN;\nALTER DATABASE pgs_tenant OWNER TO pgs_tenant;\n";
