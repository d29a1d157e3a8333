use super::{Image, Reference, pull};
use crate::engine::{Engine, is_not_found};
use pgs_core::{Error, ErrorKind, Result, provision::Progress};

/// The image of that name, which is pulled if the engine does not have it and `pull` allows it.
pub(crate) async fn ensure(
    engine: &Engine,
    reference: &str,
    pull: bool,
    progress: &dyn Progress,
) -> Result<Image> {
    let reference: Reference = reference.parse()?;
    if let Some(image) = find(engine, &reference).await? {
        return Ok(image);
    }
    if !pull || reference.is_id() {
        return Err(missing(&reference));
    }
    progress.step("pulling the image");
    pull::pull(engine, &reference, progress).await?;
    find(engine, &reference)
        .await?
        .ok_or_else(|| vanished(&reference))
}

/// The image of that name, if the engine has it.
async fn find(engine: &Engine, reference: &Reference) -> Result<Option<Image>> {
    match engine.docker().inspect_image(&reference.to_string()).await {
        Ok(found) => Image::new(reference, found).map(Some),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(engine.failed(&format!("look up the image `{reference}`"), error)),
    }
}

fn missing(reference: &Reference) -> Error {
    let message = format!("the Docker Engine does not have the image `{reference}`");
    let error = Error::new(ErrorKind::MissingDependency, message);
    if reference.is_id() {
        error.with_remedy("name an image that `docker image ls` lists: `[docker] image = ...`")
    } else {
        error.with_remedy(format!(
            "docker pull {reference}, or name another: `[docker] image = ...`"
        ))
    }
}

fn vanished(reference: &Reference) -> Error {
    let message = format!("the image `{reference}` was pulled, and has been removed since");
    Error::new(ErrorKind::Conflict, message)
}
