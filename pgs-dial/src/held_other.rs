use crate::refusal::no_socket;
use std::{
    io,
    os::unix::{fs::FileTypeExt, net::UnixStream},
    path::{Path, PathBuf},
};

/// A socket that was looked at. This system has no name for exactly it, so the file could be exchanged in between.
pub(crate) struct Held(PathBuf);

impl Held {
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let kind = std::fs::symlink_metadata(path)?.file_type();
        if kind.is_socket() {
            return Ok(Self(path.to_owned()));
        }
        Err(no_socket(path, kind.is_symlink()))
    }

    pub(crate) fn connect(&self) -> io::Result<UnixStream> {
        let socket = UnixStream::connect(&self.0)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}
