//! Files in a container's volumes, moved as tar archives through the engine: it works whether the container runs or not,
//! and wherever the engine keeps its volumes.

use crate::engine::{Engine, is_not_found};
use bollard::{
    body_try_stream,
    query_parameters::{
        ContainerArchiveInfoOptionsBuilder, DownloadFromContainerOptionsBuilder,
        UploadToContainerOptionsBuilder,
    },
};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use pgs_core::{Error, ErrorKind, Result};
use std::{
    future::ready,
    io::{self, Read},
    time::Duration,
};
use tar::{Builder, EntryType, Header};
use tokio::time::timeout;

/// A file or directory to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) path: &'a str,
    /// None for a directory.
    pub(crate) content: Option<&'a [u8]>,
    pub(crate) mode: u32,
}

/// Whether there is something at this path.
pub(crate) async fn exists(engine: &Engine, container: &str, path: &str) -> Result<bool> {
    let options = ContainerArchiveInfoOptionsBuilder::new().path(path).build();
    let asked = engine
        .docker()
        .get_container_archive_info(container, Some(options));
    match asked.await {
        Ok(_) => Ok(true),
        Err(error) if is_not_found(&error) => Ok(false),
        Err(error) => Err(engine.failed(&format!("look at `{path}` in the volume"), error)),
    }
}

/// The contents of a small file; none where there is no such file.
pub(crate) async fn read(engine: &Engine, container: &str, path: &str) -> Result<Option<Vec<u8>>> {
    let options = DownloadFromContainerOptionsBuilder::new()
        .path(path)
        .build();
    let mut stream = Box::pin(
        engine
            .docker()
            .download_from_container(container, Some(options)),
    );
    let mut archive = Vec::new();
    loop {
        let next = timeout(STALL, stream.try_next());
        match next.await.map_err(|_| stalled(path))? {
            Ok(Some(part)) => archive.extend_from_slice(&part),
            Ok(None) => break,
            Err(error) if is_not_found(&error) => return Ok(None),
            Err(error) => return Err(engine.failed(&format!("read `{path}` in the volume"), error)),
        }
        if archive.len() > READ_AT_MOST {
            let message = format!("`{path}` in the volume is larger than {READ_AT_MOST} bytes");
            return Err(Error::new(ErrorKind::Corrupt, message));
        }
    }
    first_file(&archive).map_err(|error| {
        Error::io(
            format!("cannot read the engine's archive of `{path}`"),
            error,
        )
    })
}

fn stalled(path: &str) -> Error {
    let message = format!("the Docker Engine sends nothing more of `{path}` in the volume");
    Error::new(ErrorKind::Timeout, message)
        .with_remedy("see whether `docker version` answers, and repeat it")
}

fn first_file(archive: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            return Ok(Some(content));
        }
    }
    Ok(None)
}

/// Writes these files below a directory of the container, as root's.
pub(crate) async fn write(
    engine: &Engine,
    container: &str,
    below: &str,
    entries: &[Entry<'_>],
) -> Result<()> {
    let archive = pack(entries).map_err(|error| Error::io("cannot pack an archive", error))?;
    upload_whole(engine, container, below, archive).await
}

/// Unpacks an archive that is in memory below a directory of the container.
pub(crate) async fn upload_whole(
    engine: &Engine,
    container: &str,
    below: &str,
    archive: Vec<u8>,
) -> Result<()> {
    let whole = stream::once(ready(Ok(archive.into())));
    upload(engine, container, below, whole).await
}

/// Unpacks an archive below a directory of the container.
pub(crate) async fn upload(
    engine: &Engine,
    container: &str,
    below: &str,
    archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
) -> Result<()> {
    let options = UploadToContainerOptionsBuilder::new().path(below).build();
    let done =
        engine
            .docker()
            .upload_to_container(container, Some(options), body_try_stream(archive));
    done.await
        .map_err(|error| engine.failed(&format!("write to `{below}` in the volume"), error))
}

fn pack(entries: &[Entry<'_>]) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for entry in entries {
        append(&mut archive, entry)?;
    }
    archive.into_inner()
}

/// Adds a file or directory that belongs to root.
pub(crate) fn append(archive: &mut Builder<impl io::Write>, entry: &Entry<'_>) -> io::Result<()> {
    let content = entry.content.unwrap_or_default();
    let mut header = Header::new_gnu();
    header.set_entry_type(match entry.content {
        Some(_) => EntryType::Regular,
        None => EntryType::Directory,
    });
    header.set_size(content.len() as u64);
    header.set_mode(entry.mode);
    header.set_uid(0);
    header.set_gid(0);
    archive.append_data(&mut header, entry.path, content)
}

const STALL: Duration = Duration::from_secs(30);
const READ_AT_MOST: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_can_be_read() {
        let directory = Entry {
            path: "pgs",
            content: None,
            mode: 0o700,
        };
        let file = Entry {
            path: "pgs/secret",
            content: Some(b"word"),
            mode: 0o600,
        };
        let archive = pack(&[directory, file]).unwrap();
        assert_eq!(first_file(&archive).unwrap(), Some(b"word".to_vec()));
        assert_eq!(first_file(&pack(&[directory]).unwrap()).unwrap(), None);
    }
}
