use crate::held::Held;
use std::{io, os::unix::net::UnixStream, path::Path};

/// Connects to the socket at this path, and to nothing that a symbolic link there points to.
///
/// That waits for nothing: a connection to a Unix socket is there at once, or cannot be had. What is returned does not
/// block, as event loops want it.
///
/// # Errors
///
/// - What the system says, with its kind: `NotFound` where there is nothing, `ConnectionRefused` where nobody listens,
///   `WouldBlock` where too many wait already.
/// - `Other` where there is something else than a socket.
pub fn dial(path: &Path) -> io::Result<UnixStream> {
    // Held until it is connected: the name may mean something else by now, what is held may not.
    Held::at(path)?.connect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io::ErrorKind, os::unix::fs::symlink};
    use tempfile::{TempDir, tempdir};
    use tokio::net::{UnixListener, UnixStream};

    const SOCKET: &str = ".s.PGSQL.5432";

    fn refusal(directory: &TempDir) -> io::Error {
        dial(&directory.path().join(SOCKET)).unwrap_err()
    }

    #[tokio::test]
    async fn a_socket_is_connected_to() {
        let directory = tempdir().unwrap();
        let path = directory.path().join(SOCKET);
        let listener = UnixListener::bind(&path).unwrap();
        let dialled = dial(&path).unwrap();
        let mut dialled = UnixStream::from_std(dialled).unwrap();
        let (mut accepted, _) = listener.accept().await.unwrap();
        exchange(&mut dialled, &mut accepted).await;
    }

    async fn exchange(from: &mut UnixStream, to: &mut UnixStream) {
        from.writable().await.unwrap();
        assert_eq!(from.try_write(b"x").unwrap(), 1);
        to.readable().await.unwrap();
        assert_eq!(to.try_read(&mut [0; 8]).unwrap(), 1);
    }

    #[tokio::test]
    async fn a_link_to_a_socket_is_refused_and_nobody_hears_of_it() {
        let (directory, elsewhere) = (tempdir().unwrap(), tempdir().unwrap());
        let theirs = elsewhere.path().join("engine.sock");
        let listener = std::os::unix::net::UnixListener::bind(&theirs).unwrap();
        listener.set_nonblocking(true).unwrap();
        symlink(&theirs, directory.path().join(SOCKET)).unwrap();
        let error = refusal(&directory);
        assert_eq!(error.kind(), ErrorKind::Other);
        assert!(error.to_string().contains("symbolic link"), "{error}");
        let heard = listener.accept().unwrap_err();
        assert_eq!(heard.kind(), ErrorKind::WouldBlock);
    }

    #[tokio::test]
    async fn a_link_to_nothing_and_other_files_are_refused() {
        for plant in [
            (|path: &Path| symlink("/nowhere", path).unwrap()) as fn(&Path),
            |path| std::fs::write(path, "").unwrap(),
            |path| std::fs::create_dir(path).unwrap(),
        ] {
            let directory = tempdir().unwrap();
            plant(&directory.path().join(SOCKET));
            assert_eq!(refusal(&directory).kind(), ErrorKind::Other);
        }
    }

    #[tokio::test]
    async fn where_nothing_listens_the_kind_says_so() {
        let directory = tempdir().unwrap();
        assert_eq!(refusal(&directory).kind(), ErrorKind::NotFound);
        drop(UnixListener::bind(directory.path().join(SOCKET)).unwrap());
        let error = refusal(&directory);
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn directories_above_may_be_links() {
        let (real, links) = (tempdir().unwrap(), tempdir().unwrap());
        let _listener = UnixListener::bind(real.path().join(SOCKET)).unwrap();
        symlink(real.path(), links.path().join("run")).unwrap();
        dial(&links.path().join("run").join(SOCKET)).unwrap();
    }
}
