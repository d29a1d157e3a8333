use crate::{
    files::{self, AtPath},
    place::PORT,
};
use pgs_core::{Error, ErrorKind, Password, Result, TenantUid, provision::InstanceLabel};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is kept on the host: `docker/<uid>/` for each tenant, and `docker/templates/`. The data is in the engine's volumes.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    state_dir: PathBuf,
}

impl Layout {
    /// The state directory's path is what the engine is told to mount, so it is made absolute here.
    pub(crate) fn new(state_dir: &Path) -> Result<Self> {
        let state_dir = std::path::absolute(state_dir).at("resolve", state_dir)?;
        let state_dir = state_dir.canonicalize().unwrap_or(state_dir);
        Ok(Self { state_dir })
    }

    pub(crate) fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    pub(crate) fn templates(&self) -> PathBuf {
        self.root().join("templates")
    }

    pub(crate) fn networks_lock(&self) -> PathBuf {
        self.root().join("networks.lock")
    }

    pub(crate) fn home(&self, uid: TenantUid) -> Home {
        Home {
            root: self.root().join(uid.to_string()),
        }
    }

    /// Nobody but this process's user may enter: the sockets below are open to the servers' user, whoever that is.
    pub(crate) fn make_roots(&self) -> Result<()> {
        fs::create_dir_all(&self.state_dir).at("make the directory", &self.state_dir)?;
        files::directory(&self.root(), files::PRIVATE_DIR)?;
        files::directory(&self.templates(), files::PRIVATE_DIR)
    }

    /// A Unix socket's path is short on every system (`man 7 unix`).
    pub(crate) fn sockets_must_fit(&self) -> Result<()> {
        let sample = self.root().join(SAMPLE_UID).join("run").join(socket_file());
        let excess = sample.as_os_str().len().saturating_sub(SOCKET_PATH_MAX);
        if excess == 0 {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "the state directory `{}` is {excess} bytes too long: a Unix socket's path has at most {SOCKET_PATH_MAX}",
                self.state_dir.display()
            ),
        )
        .with_remedy("choose a shorter --state-dir"))
    }

    fn root(&self) -> PathBuf {
        self.state_dir.join("docker")
    }
}

/// The directory of one tenant on the host.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    root: PathBuf,
}

impl Home {
    /// Makes what is missing: the socket's directory is writable for whichever user the image's server has.
    pub(crate) fn make(&self) -> Result<()> {
        files::directory(&self.root, files::PRIVATE_DIR)?;
        files::directory(&self.run(), 0o777)?;
        files::directory(&self.root.join("secrets"), files::PRIVATE_DIR)
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.run().join(socket_file())
    }

    /// What the last server left in the socket's directory would only mislead whoever looks.
    pub(crate) fn clear_run(&self) -> Result<()> {
        files::remove(&self.socket())?;
        files::remove(&self.run().join(format!("{}.lock", socket_file())))
    }

    /// What is asked for now; the labels of a container say what was asked for when it was made.
    pub(crate) fn label(&self) -> Result<Option<InstanceLabel>> {
        let path = self.label_file();
        let Some(text) = files::read(&path)? else {
            return Ok(None);
        };
        let read = serde_json::from_slice(&text);
        read.map(Some).map_err(|error| {
            let message = format!("the label `{}` cannot be read", path.display());
            Error::new(ErrorKind::Corrupt, message).with_source(error)
        })
    }

    pub(crate) fn write_label(&self, label: &InstanceLabel) -> Result<()> {
        let text = serde_json::to_vec_pretty(label)
            .map_err(|error| Error::internal("a label cannot be written").with_source(error))?;
        files::write(&self.label_file(), &text)
    }

    /// The password of `pgs_admin` that is to hold.
    pub(crate) fn secret(&self) -> Result<Option<Password>> {
        read_secret(&self.root.join(OWN_SECRET))
    }

    pub(crate) fn write_secret(&self, secret: &Password) -> Result<()> {
        files::write(&self.root.join(OWN_SECRET), secret.reveal().as_bytes())
    }

    /// The template's password, as long as it is not known to have been replaced.
    pub(crate) fn inherited(&self) -> Result<Option<Password>> {
        read_secret(&self.root.join(INHERITED_SECRET))
    }

    pub(crate) fn write_inherited(&self, secret: &Password) -> Result<()> {
        files::write(
            &self.root.join(INHERITED_SECRET),
            secret.reveal().as_bytes(),
        )
    }

    pub(crate) fn forget_inherited(&self) -> Result<()> {
        files::remove(&self.root.join(INHERITED_SECRET))
    }

    /// Noted before anything of the tenant is made in the engine, and until it is complete.
    pub(crate) fn note_being_made(&self) -> Result<()> {
        files::write(&self.root.join(BEING_MADE), b"")
    }

    pub(crate) fn is_being_made(&self) -> Result<bool> {
        is_there(&self.root.join(BEING_MADE))
    }

    pub(crate) fn note_complete(&self) -> Result<()> {
        files::remove(&self.root.join(BEING_MADE))
    }

    /// Noted for a tenant in the trash that may lose its container there.
    pub(crate) fn note_trashed(&self) -> Result<()> {
        files::write(&self.root.join(TRASHED), b"")
    }

    pub(crate) fn is_trashed(&self) -> Result<bool> {
        is_there(&self.root.join(TRASHED))
    }

    pub(crate) fn note_restored(&self) -> Result<()> {
        files::remove(&self.root.join(TRASHED))
    }

    /// Removes the directory. What a tenant's server hid in it from a user who is not root is moved out of the way: nothing
    /// that a tenant can do keeps it from being deleted.
    pub(crate) fn remove(&self) -> Result<()> {
        match files::remove_tree(&self.root) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let left = self.root.with_extension("left");
                fs::rename(&self.root, &left).at("rename", &self.root)?;
                tracing::warn!(left = %left.display(), error = %error.chain(), "a tenant's server left files that only root can delete");
                Ok(())
            }
            removed => removed,
        }
    }

    fn label_file(&self) -> PathBuf {
        self.root.join("label.json")
    }
}

fn is_there(path: &Path) -> Result<bool> {
    path.try_exists().at("look at", path)
}

pub(crate) fn read_secret(path: &Path) -> Result<Option<Password>> {
    let Some(text) = files::read(path)? else {
        return Ok(None);
    };
    secret_from(text).map(Some).ok_or_else(|| {
        Error::new(
            ErrorKind::Corrupt,
            format!("the secret `{}` is damaged", path.display()),
        )
    })
}

pub(crate) fn secret_from(text: Vec<u8>) -> Option<Password> {
    String::from_utf8(text).ok()?.parse().ok()
}

fn socket_file() -> String {
    format!(".s.PGSQL.{PORT}")
}

/// Notes, without content.
const BEING_MADE: &str = "being-made";
const TRASHED: &str = "trashed";
const OWN_SECRET: &str = "secrets/pgs_admin";
const INHERITED_SECRET: &str = "secrets/template";
const SAMPLE_UID: &str = "00000000-0000-0000-0000-000000000000";
const SOCKET_PATH_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_directory_too_deep_for_a_socket_is_refused_with_the_remedy() {
        let deep = Layout::new(Path::new(&format!("/{}", "d".repeat(60)))).unwrap();
        let error = deep.sockets_must_fit().unwrap_err();
        assert!(error.remedy().unwrap().contains("--state-dir"));
        assert!(
            Layout::new(Path::new("/var/lib/pgs"))
                .unwrap()
                .sockets_must_fit()
                .is_ok()
        );
    }

    #[test]
    fn what_a_home_keeps_can_be_read_again() {
        let state = tempfile::tempdir().unwrap();
        let layout = Layout::new(state.path()).unwrap();
        layout.make_roots().unwrap();
        let home = layout.home(SAMPLE_UID.parse().unwrap());
        assert!(home.secret().unwrap().is_none() && home.label().unwrap().is_none());
        home.make().unwrap();
        let secret = Password::generate();
        home.write_secret(&secret).unwrap();
        assert_eq!(home.secret().unwrap().unwrap().reveal(), secret.reveal());
        home.remove().unwrap();
        assert!(home.secret().unwrap().is_none());
        home.remove().unwrap();
    }
}
