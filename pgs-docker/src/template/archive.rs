//! The template as a tar archive, and the copy of it that a tenant gets.

use super::{DATA, Template};
use crate::{
    archive::{Entry, append},
    control_file,
    files::AtPath,
    host::Host,
    place::{self, Place},
};
use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use pgs_cluster::{ControlFile, SystemIdentifier, reidentify_segment};
use pgs_core::{Error, ErrorKind, Password, Result};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    thread,
};
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;

/// Has the engine archive the data directory of a container into the template's file.
pub(super) async fn download(
    host: &Host,
    container: &str,
    place: &Place,
    into: &Path,
) -> Result<()> {
    must_be_shut_down(host, container, place).await?;
    let options = DownloadFromContainerOptionsBuilder::new()
        .path(&place.data())
        .build();
    let mut stream = Box::pin(
        host.engine
            .docker()
            .download_from_container(container, Some(options)),
    );
    let path = into.join(DATA);
    let mut file = File::create(&path).at("make", &path)?;
    while let Some(part) = stream.next().await {
        let part = part.map_err(|error| host.engine.failed("read the template", error))?;
        file.write_all(&part).at("write", &path)?;
    }
    must_be_whole(&path)
}

/// The engine ends its answer in the same way when it fails in the middle of an archive, which then has no end mark.
fn must_be_whole(path: &Path) -> Result<()> {
    let read = || -> io::Result<bool> {
        let mut file = File::open(path)?;
        let mut end = Vec::new();
        file.seek(SeekFrom::End(-END_MARK))?;
        file.read_to_end(&mut end)?;
        Ok(end.iter().all(|byte| *byte == 0))
    };
    if read().at("read", path)? {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Internal,
        "the engine's archive of the template ends before its end",
    )
    .with_remedy("see the engine's log, and repeat it"))
}

async fn must_be_shut_down(host: &Host, container: &str, place: &Place) -> Result<()> {
    if control_file::is_shut_down(host, container, place).await? {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InstanceFailed,
        "the template's server did not shut down in order",
    ))
}

/// What fills a tenant's volume: the template's data directory with an identity of its own, the files of pgs, and, last,
/// the mark that all of it is there.
pub(crate) struct Copy {
    from: PathBuf,
    below: String,
    secret: Password,
}

impl Copy {
    pub(crate) fn new(template: &Template, place: &Place, secret: &Password) -> Self {
        Self {
            from: template.data(),
            below: place.data_below.clone(),
            secret: secret.clone(),
        }
    }

    /// As an archive that is made while it is sent.
    pub(crate) fn stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let (sender, receiver) = mpsc::channel(PARTS);
        tokio::task::spawn_blocking(move || {
            let mut parts = Parts {
                sender,
                part: Vec::with_capacity(PART),
            };
            if let Err(error) = self.write_to(&mut parts) {
                // A receiver that is gone has an error of its own to tell.
                let _ = parts.sender.blocking_send(Err(error));
            }
        });
        stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|part| (part, receiver))
        })
    }

    /// Into a directory of this machine.
    pub(crate) fn unpack(&self, directory: &Path) -> io::Result<()> {
        let (reader, writer) = io::pipe()?;
        thread::scope(|scope| {
            let writer_thread = scope.spawn(move || self.write_to(writer));
            let mut archive = tar::Archive::new(BufReader::with_capacity(PART, reader));
            archive.set_preserve_permissions(true);
            archive.set_preserve_ownerships(true);
            let unpacked = archive.unpack(directory);
            // Behind its last entry, an archive has padding that unpacking leaves unread.
            drop(archive);
            let packed = writer_thread
                .join()
                .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()));
            match (unpacked, packed) {
                (Ok(()), Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                (unpacked, _) => unpacked,
            }
        })
    }

    fn write_to(&self, out: impl Write) -> io::Result<()> {
        let mut source = tar::Archive::new(BufReader::with_capacity(PART, File::open(&self.from)?));
        let mut target = Builder::new(out);
        let identifier = SystemIdentifier::generate();
        let mut is_first = true;
        for entry in source.entries()? {
            let mut entry = entry?;
            let inner = entry.path()?.components().skip(1).collect::<PathBuf>();
            let mut header = entry.header().clone();
            if is_first {
                self.parents(&mut target, &header)?;
                is_first = false;
            }
            if is_left_out(&inner) {
                continue;
            }
            let path = Path::new(&self.below).join(&inner);
            if is_identified(&inner) {
                let mut content = Vec::new();
                entry.read_to_end(&mut content)?;
                let content = identify(&inner, content, identifier)?;
                header.set_size(content.len() as u64);
                target.append_data(&mut header, path, content.as_slice())?;
            } else {
                target.append_data(&mut header, path, &mut entry)?;
            }
        }
        self.own_files(&mut target)?;
        target.into_inner()?.flush()
    }

    /// The directories above the data directory belong to whom it belongs to.
    fn parents(&self, target: &mut Builder<impl Write>, data: &Header) -> io::Result<()> {
        let above = Path::new(&self.below).parent();
        let mut parents: Vec<&Path> = above.into_iter().flat_map(Path::ancestors).collect();
        parents.retain(|path| !path.as_os_str().is_empty());
        for path in parents.into_iter().rev() {
            let mut header = data.clone();
            header.set_entry_type(EntryType::Directory);
            header.set_size(0);
            header.set_mode(0o755);
            target.append_data(&mut header, path, io::empty())?;
        }
        Ok(())
    }

    fn own_files(&self, target: &mut Builder<impl Write>) -> io::Result<()> {
        let unsynced = Entry {
            path: place::UNSYNCED,
            content: Some(b""),
            mode: 0o644,
        };
        append(target, &unsynced)?;
        let own = place::own_files(&self.secret);
        own.entries()
            .iter()
            .try_for_each(|entry| append(target, entry))
    }
}

/// What belongs to a server that ran, not to the cluster.
fn is_left_out(path: &Path) -> bool {
    path == Path::new("postmaster.pid") || path == Path::new("postmaster.opts")
}

/// What carries the cluster's identity.
fn is_identified(path: &Path) -> bool {
    path == Path::new(ControlFile::PATH) || is_segment(path)
}

fn is_segment(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    path.parent() == Some(Path::new("pg_wal"))
        && name.len() == SEGMENT_NAME
        && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn identify(
    path: &Path,
    mut content: Vec<u8>,
    identifier: SystemIdentifier,
) -> io::Result<Vec<u8>> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the template is damaged");
    if is_segment(path) {
        // A segment that is only kept ready for later use begins with zeros or with what it was before.
        let _ = reidentify_segment(&mut content, identifier);
        return Ok(content);
    }
    let control = ControlFile::parse(content).ok_or_else(damaged)?;
    Ok(control.reidentified(identifier))
}

/// Sends what is written in parts.
struct Parts {
    sender: mpsc::Sender<io::Result<Bytes>>,
    part: Vec<u8>,
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= PART {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.part.is_empty() {
            return Ok(());
        }
        let part = std::mem::replace(&mut self.part, Vec::with_capacity(PART));
        let sent = self.sender.blocking_send(Ok(part.into()));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// Two blocks of zeros.
const END_MARK: i64 = 1024;
const PART: usize = 256 << 10;
const PARTS: usize = 8;
/// `XLOG_FNAME_LEN`: timeline, log and segment as eight hexadecimal digits each.
const SEGMENT_NAME: usize = 24;
