use super::{Reference, credentials, layers::Layers, refusal};
use crate::engine::Engine;
use bollard::{
    errors::Error as DockerError, models::CreateImageInfo,
    query_parameters::CreateImageOptionsBuilder,
};
use futures_util::{Stream, StreamExt};
use pgs_core::{Error, ErrorKind, Result, provision::Progress};
use std::{pin::pin, time::Duration};
use tokio::time::timeout;

/// Has the engine fetch this image from its registry. When the future is dropped, the engine stops fetching.
pub(super) async fn pull(
    engine: &Engine,
    reference: &Reference,
    progress: &dyn Progress,
) -> Result<()> {
    let login = credentials::find(engine.config(), reference).await;
    let options = CreateImageOptionsBuilder::new()
        .from_image(&reference.to_string())
        .build();
    let messages = engine.docker_within(SILENCE);
    let messages = messages.create_image(Some(options), None, login.credentials);
    follow(engine, reference, messages, progress)
        .await
        .map_err(|error| match login.problem {
            Some(problem) if error.kind() == ErrorKind::PermissionDenied => {
                refusal::without_credentials(reference, &error, &problem)
            }
            _ => error,
        })
}

async fn follow(
    engine: &Engine,
    reference: &Reference,
    messages: impl Stream<Item = Result<CreateImageInfo, DockerError>>,
    progress: &dyn Progress,
) -> Result<()> {
    let mut messages = pin!(messages);
    let mut layers = Layers::default();
    loop {
        let message = timeout(SILENCE, messages.next()).await;
        match message.map_err(|_| stalled(reference))? {
            Some(Ok(message)) => layers.hear(message, progress),
            Some(Err(error)) => return Err(refusal::explain(engine, reference, error)),
            None => return Ok(()),
        }
    }
}

fn stalled(reference: &Reference) -> Error {
    let message = format!(
        "pulling the image `{reference}` has made no progress for {} minutes",
        SILENCE.as_secs() / 60
    );
    Error::new(ErrorKind::Timeout, message)
        .with_remedy(format!("docker pull {reference} shows where it hangs"))
}

/// The engine reports every change, and repeats what the registry does not answer.
const SILENCE: Duration = Duration::from_mins(5);
