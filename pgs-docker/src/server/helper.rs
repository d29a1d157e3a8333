//! Containers that run one program and are gone: the image's own initialisation of a data directory.

use crate::{
    archive::{self, Entry},
    engine::is_not_found,
    holder,
    host::Host,
    labels::{self, Labels},
    logs,
    place::Place,
    recipe,
};
use bollard::{
    errors::Error as DockerError,
    models::{ContainerCreateBody, VolumeCreateRequest},
    query_parameters::{
        ListContainersOptionsBuilder, ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder,
        WaitContainerOptions,
    },
};
use futures_util::StreamExt;
use pgs_core::{Error, ErrorKind, Password, Result};
use std::time::Duration;
use tokio::time::timeout;

/// Has a container initialise a data directory as the image does, and end. The password comes in a file.
pub(crate) fn initialise(
    body: &mut ContainerCreateBody,
    place: &Place,
    database: &str,
    args: &str,
) {
    body.entrypoint = Some(recipe::words(&[INITIALISE]));
    body.cmd = Some(recipe::words(&["postgres"]));
    body.env = Some(vec![
        format!("PGDATA={}", place.data()),
        "POSTGRES_USER=pgs_admin".to_owned(),
        format!("POSTGRES_PASSWORD_FILE={}", password_file(place)),
        format!("POSTGRES_DB={database}"),
        format!("POSTGRES_INITDB_ARGS={args}"),
    ]);
}

/// Puts the password where only this container's processes see it.
pub(crate) async fn give_password(
    host: &Host,
    container: &str,
    place: &Place,
    secret: &Password,
) -> Result<()> {
    put_password(host, container, place, secret.reveal().as_bytes()).await
}

/// Takes it away again: the engine removes no single file, so it is made empty.
pub(crate) async fn take_password(host: &Host, container: &str, place: &Place) -> Result<()> {
    put_password(host, container, place, b"").await
}

async fn put_password(host: &Host, container: &str, place: &Place, content: &[u8]) -> Result<()> {
    let file = Entry {
        path: PASSWORD,
        content: Some(content),
        mode: 0o444,
    };
    archive::write(&host.engine, container, place.root, &[file]).await
}

/// Starts the container and waits until it has done its work.
pub(crate) async fn run(host: &Host, container: &str, doing: &str) -> Result<()> {
    holder::start(host, container).await?;
    let mut ends = Box::pin(
        host.engine
            .docker()
            .wait_container(container, None::<WaitContainerOptions>),
    );
    let patience = host.config.recovery_timeout;
    let Ok(ended) = timeout(patience, ends.next()).await else {
        holder::remove(host, container).await?;
        return Err(too_slow(doing, patience));
    };
    match ended {
        Some(Ok(_)) => Ok(()),
        Some(Err(DockerError::DockerContainerWaitError { code, .. })) => {
            let words = logs::tail(host, container, LINES).await.unwrap_or_default();
            let message =
                format!("{doing} failed with exit code {code}; the end of its log:\n{words}");
            Err(logs::failure(
                message,
                &words,
                "correct what the log names; the image must have `docker-ensure-initdb.sh`, as the official ones do",
            ))
        }
        Some(Err(error)) => Err(host.engine.failed(&format!("wait for {doing}"), error)),
        None => Err(Error::internal(format!(
            "the engine did not tell how {doing} ended"
        ))),
    }
}

fn too_slow(doing: &str, patience: Duration) -> Error {
    let message = format!(
        "{doing} has not ended after {} s and was stopped",
        patience.as_secs()
    );
    Error::new(ErrorKind::Timeout, message)
        .with_remedy("look for a script of the image that waits for something")
}

pub(crate) async fn make_volume(host: &Host, name: &str, labels: Labels) -> Result<()> {
    let wanted = VolumeCreateRequest {
        name: Some(name.to_owned()),
        labels: Some(labels),
        ..VolumeCreateRequest::default()
    };
    let made = host.engine.docker().create_volume(wanted).await;
    made.map(drop).map_err(|error| {
        host.engine
            .failed(&format!("make the volume `{name}`"), error)
    })
}

/// Removes a helper's container and its volume of the same name.
pub(crate) async fn discard(host: &Host, name: &str) -> Result<()> {
    holder::remove(host, name).await?;
    let options = RemoveVolumeOptionsBuilder::new().force(false).build();
    match host
        .engine
        .docker()
        .remove_volume(name, Some(options))
        .await
    {
        Err(error) if !is_not_found(&error) => Err(host
            .engine
            .failed(&format!("delete the volume `{name}`"), error)),
        _ => Ok(()),
    }
}

/// Removes every helper's container and volume of this purpose.
pub(crate) async fn discard_all(host: &Host, purpose: &str) -> Result<()> {
    let filter = labels::filter(&host.installation, &format!("{}={purpose}", labels::HELPER));
    let options = ListContainersOptionsBuilder::new()
        .all(true)
        .filters(&filter)
        .build();
    let found = host.engine.docker().list_containers(Some(options)).await;
    let found = found.map_err(|error| host.engine.failed("list containers", error))?;
    for container in found.into_iter().filter_map(|found| found.id) {
        holder::remove(host, &container).await?;
    }
    let options = ListVolumesOptionsBuilder::new().filters(&filter).build();
    let found = host.engine.docker().list_volumes(Some(options)).await;
    let found = found.map_err(|error| host.engine.failed("list volumes", error))?;
    for volume in found.volumes.unwrap_or_default() {
        discard(host, &volume.name).await?;
    }
    Ok(())
}

fn password_file(place: &Place) -> String {
    format!("{}/{PASSWORD}", place.root)
}

/// Where the image looks for scripts of its user.
pub(crate) const SCRIPTS: &str = "/docker-entrypoint-initdb.d";
/// The official images' script that initialises a data directory and starts no server.
const INITIALISE: &str = "docker-ensure-initdb.sh";
const PASSWORD: &str = "pgs.password";
const LINES: usize = 20;
