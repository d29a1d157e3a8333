use crate::{archive, host::Host, place::Place};
use pgs_cluster::ControlFile;
use pgs_core::Result;

/// Whether the server whose data is in this container was shut down in order; not when there is no such file, or it is
/// damaged.
pub(crate) async fn is_shut_down(host: &Host, container: &str, place: &Place) -> Result<bool> {
    let path = place.in_data(ControlFile::PATH);
    let bytes = archive::read(&host.engine, container, &path).await?;
    Ok(bytes
        .and_then(ControlFile::parse)
        .is_some_and(|control| control.is_shut_down()))
}
