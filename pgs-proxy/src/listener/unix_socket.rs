use super::socket_lock::SocketLock;
use rustix::fs::{Mode, chmod};
use socket2::{Domain, SockAddr, Socket, Type};
use std::{
    fs, io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};
use tokio::net::UnixListener;

/// Where a Unix socket is that `PostgreSQL`'s clients find by its folder and port: `<folder>/.s.PGSQL.<port>`.
///
/// Source: `PostgreSQL` manual, section 32.1.2, `host`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnixAddress {
    folder: PathBuf,
    port: u16,
}

impl UnixAddress {
    /// The socket in this folder for this port.
    pub fn new(folder: impl Into<PathBuf>, port: u16) -> Self {
        Self {
            folder: folder.into(),
            port,
        }
    }

    /// The one at this path, if clients find it there.
    pub fn of(path: &Path) -> Option<Self> {
        let port = path.file_name()?.to_str()?.strip_prefix(".s.PGSQL.")?;
        Some(Self::new(path.parent()?, port.parse().ok()?))
    }

    /// The folder, which clients name as their host.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number in the socket's name.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The socket itself.
    pub fn path(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{}", self.port))
    }

    pub(super) fn lock_path(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{}.lock", self.port))
    }
}

/// The files of a socket that is listened on. Dropping it removes them, unless another process has adopted them.
#[derive(Debug)]
pub struct SocketFiles {
    path: PathBuf,
    lock: SocketLock,
}

impl SocketFiles {
    /// Those of a socket that was passed on by the process that has listened on it: from now on they are this one's.
    pub fn adopt(address: &UnixAddress) -> io::Result<Self> {
        Ok(Self {
            path: address.path(),
            lock: SocketLock::adopt(address)?,
        })
    }
}

/// Listens there, and lets in whom `mode` lets write to the socket. Call it inside a Tokio runtime.
///
/// A socket that a killed process left is replaced, after a connection to it was refused. `mode` is in force before the
/// first client can connect.
pub fn bind_unix(address: &UnixAddress, mode: u32) -> io::Result<(UnixListener, SocketFiles)> {
    let path = address.path();
    check_length(&path)?;
    let lock = SocketLock::take(address)?;
    remove_stale(&path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(&path)?)?;
    let files = SocketFiles {
        path: path.clone(),
        lock,
    };
    chmod(&path, Mode::from_raw_mode(mode))?;
    socket.listen(super::bind::BACKLOG)?;
    let listener = std::os::unix::net::UnixListener::from(socket);
    Ok((UnixListener::from_std(listener)?, files))
}

fn check_length(path: &Path) -> io::Result<()> {
    let length = path.as_os_str().len();
    if length <= LONGEST {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!(
            "`{}` has {length} bytes, and the path of a Unix socket may have {LONGEST}: choose a shorter folder",
            path.display()
        ),
    ))
}

/// The lock is held, so nobody else who keeps to it makes a socket meanwhile.
fn remove_stale(path: &Path) -> io::Result<()> {
    match UnixStream::connect(path) {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
    }
}

impl Drop for SocketFiles {
    fn drop(&mut self) {
        if !self.lock.is_own() {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, path = %self.path.display(), "the socket could not be removed");
        }
    }
}

/// `sun_path` without its NUL.
const LONGEST: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn the_files_are_postgresqls_and_go_with_the_listener() {
        let folder = tempfile::tempdir().unwrap();
        let address = UnixAddress::new(folder.path(), 6432);
        let (_listener, files) = bind_unix(&address, 0o750).unwrap();
        let mode = fs::metadata(folder.path().join(".s.PGSQL.6432")).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o750);
        let lock = fs::read_to_string(folder.path().join(".s.PGSQL.6432.lock")).unwrap();
        assert!(lock.starts_with(&format!("{}\n", std::process::id())));
        drop(files);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn adopted_files_go_with_whoever_adopted_them() {
        let folder = tempfile::tempdir().unwrap();
        let address = UnixAddress::new(folder.path(), 5432);
        assert_eq!(UnixAddress::of(&address.path()), Some(address.clone()));
        let (_listener, first) = bind_unix(&address, 0o777).unwrap();
        let second = SocketFiles::adopt(&address).unwrap();
        drop(first);
        assert!(address.path().exists() && address.lock_path().exists());
        drop(second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_socket_that_somebody_listens_on_stays() {
        let folder = tempfile::tempdir().unwrap();
        let address = UnixAddress::new(folder.path(), 5432);
        let _theirs = UnixListener::bind(address.path()).unwrap();
        let error = bind_unix(&address, 0o777).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(address.path().exists() && !address.lock_path().exists());
    }

    #[tokio::test]
    async fn a_socket_that_a_killed_process_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let address = UnixAddress::new(folder.path(), 5432);
        drop(UnixListener::bind(address.path()).unwrap());
        fs::write(address.lock_path(), "2147483647\n").unwrap();
        let _bound = bind_unix(&address, 0o777).unwrap();
        UnixStream::connect(address.path()).unwrap();
    }

    #[tokio::test]
    async fn a_path_that_is_too_long_is_named() {
        let address = UnixAddress::new(format!("/{}", "x".repeat(92)), 65535);
        let error = bind_unix(&address, 0o777).unwrap_err().to_string();
        assert!(error.contains("has 108 bytes"), "{error}");
    }
}
