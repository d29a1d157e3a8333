use crate::refusal::no_socket;
use rustix::{
    fs::{FileType, Mode, OFlags, fstat, open},
    net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with},
};
use std::{
    io,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::Path,
};

/// A socket that was looked at, and that no renaming can exchange for another file.
pub(crate) struct Held(OwnedFd);

impl Held {
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        // With O_PATH, O_NOFOLLOW opens a link itself, and nothing else is opened than a place in the file system.
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = open(path, flags, Mode::empty())?;
        match FileType::from_raw_mode(fstat(&file)?.st_mode) {
            FileType::Socket => Ok(Self(file)),
            other => Err(no_socket(path, other == FileType::Symlink)),
        }
    }

    pub(crate) fn connect(&self) -> io::Result<UnixStream> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        connect(&socket, &SocketAddrUnix::new(self.name().as_str())?)?;
        Ok(socket.into())
    }

    /// A name for exactly this socket, good for as long as this is held.
    fn name(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }
}
