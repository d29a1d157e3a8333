use super::{
    channel::Channel,
    message::{Answer, Hello, VERSION, Wish},
};
use crate::private_folder;
use pgs_core::{Error, Result};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokio::net::{UnixListener, UnixStream};

/// The folder of the control sockets of a state directory. Nobody else may look into it.
#[derive(Clone, Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    /// Makes the folder if it is not there, and closes it to others.
    pub(crate) fn make(state_dir: &Path) -> Result<Self> {
        let folder = state_dir.join("serve");
        let made = private_folder::make(&folder);
        made.map_err(|cause| Error::io(format!("`{}` cannot be made", folder.display()), cause))?;
        Ok(Self(folder))
    }

    /// Binds a control socket of this process's own, and answers its path.
    ///
    /// It gets its name only once it listens, so that one that does not answer is dead.
    pub(super) fn bind(&self) -> io::Result<(UnixListener, PathBuf)> {
        // A process in another container may have the same number.
        let name = format!("{}-{:016x}", std::process::id(), rand::random::<u64>());
        let (fresh, path) = (self.0.join(&name), self.0.join(name + SUFFIX));
        let listener = UnixListener::bind(&fresh)?;
        std::fs::rename(&fresh, &path)?;
        Ok((listener, path))
    }

    /// Those of these control sockets that are still there.
    pub(super) fn named(&self, names: &[String]) -> Vec<PathBuf> {
        let mut sockets = self.sockets();
        sockets.retain(|path| name_of(path).is_some_and(|name| names.contains(&name)));
        sockets
    }

    /// The control sockets in the folder, this process's own too.
    pub(super) fn sockets(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        paths.filter(|path| pid_in(path).is_some()).collect()
    }
}

/// What a control socket is called in messages.
pub(super) fn name_of(path: &Path) -> Option<String> {
    path.file_name()?.to_str().map(str::to_owned)
}

/// The process whose control socket this is.
pub(super) fn pid_in(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    name.split_once('-')?.0.parse().ok()
}

/// Begins a conversation; none with a process that is dead, whose socket is then removed.
pub(super) async fn call(path: &Path, wish: Wish) -> io::Result<Option<Channel>> {
    use io::ErrorKind::{ConnectionRefused, NotFound};
    let stream = match UnixStream::connect(path).await {
        Ok(stream) => stream,
        Err(error) if error.kind() == NotFound => return Ok(None),
        Err(error) if error.kind() == ConnectionRefused => {
            let _ = std::fs::remove_file(path);
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut channel = Channel::new(stream);
    let version = VERSION;
    channel.send(&Hello { version, wish }).await?;
    Ok(Some(channel))
}

/// A conversation of one question and one answer.
pub(super) async fn ask(path: &Path, wish: Wish) -> io::Result<Option<Answer>> {
    match call(path, wish).await? {
        Some(mut channel) => channel.receive().await.map(Some),
        None => Ok(None),
    }
}

const SUFFIX: &str = ".control";

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn a_dead_processes_socket_is_removed_by_whoever_calls() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::make(directory.path()).unwrap();
        let mode = std::fs::metadata(&place.0).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let (listener, path) = place.bind().unwrap();
        assert_eq!(place.sockets(), std::slice::from_ref(&path));
        assert_eq!(pid_in(&path), Some(std::process::id()));
        drop(listener);
        assert!(call(&path, Wish::Stop).await.unwrap().is_none());
        assert!(place.sockets().is_empty());
    }
}
