use crate::{private_folder, status::DIRECTORY};
use pgs_core::{Error, Result};
use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};
use tokio::net::UnixListener;

/// A status socket's file, which goes when this value does.
#[derive(Debug)]
pub(crate) struct SocketFile(PathBuf);

impl SocketFile {
    /// Makes `serve/<pid>.status` in the state directory, for its owner only. A process that asks for several gets
    /// `<pid>-1.status` next.
    pub(crate) fn bind(state_dir: &Path) -> Result<(UnixListener, Self)> {
        let directory = state_dir.join(DIRECTORY);
        let path = directory.join(format!("{}.status", own_name()));
        let failed = |source| {
            let message = format!("the status socket `{}` cannot be made", path.display());
            Error::io(message, source)
        };
        private_folder::make(&directory).map_err(failed)?;
        // Under another name until it can be connected to: who finds one that refuses takes it for left behind.
        let unfinished = path.with_extension("new");
        let listener = listen(&unfinished).map_err(failed)?;
        fs::rename(&unfinished, &path).map_err(failed)?;
        Ok((listener, Self(path)))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::debug!(%error, "the status socket's file was gone already");
        }
    }
}

fn own_name() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let pid = std::process::id();
    match MADE.fetch_add(1, Ordering::Relaxed) {
        0 => pid.to_string(),
        nth => format!("{pid}-{nth}"),
    }
}

fn listen(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}
