use super::home::Home;
use crate::{failure::AtPath, os_user};
use pgs_core::{Error, ErrorKind, Result, TenantUid, provision::Marker};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The state directory: `tenants/<uid>/`, `trash/<uid>/`, `templates/<key>/`.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(state_dir: &Path) -> Result<Self> {
        let root = os_user::real(state_dir)?;
        let layout = Self { root };
        layout.sockets_must_fit()?;
        Ok(layout)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn tenants(&self) -> PathBuf {
        self.root.join("tenants")
    }

    pub(crate) fn trash(&self) -> PathBuf {
        self.root.join("trash")
    }

    pub(crate) fn templates(&self) -> PathBuf {
        self.root.join("templates")
    }

    pub(crate) fn tenant(&self, uid: TenantUid) -> Home {
        Home::new(uid, self.tenants().join(uid.to_string()))
    }

    pub(crate) fn trashed(&self, uid: TenantUid) -> Home {
        Home::new(uid, self.trash().join(uid.to_string()))
    }

    /// Being made, and not labelled yet.
    pub(crate) fn newborn(&self, uid: TenantUid) -> Home {
        Home::new(uid, self.tenants().join(format!("{NEWBORN}{uid}")))
    }

    /// Being deleted.
    pub(crate) fn doomed(&self, uid: TenantUid) -> Home {
        Home::new(uid, self.trash().join(format!("{DOOMED}{uid}")))
    }

    /// The places where something of a tenant can be, the most alive one first.
    pub(crate) fn places(&self, uid: TenantUid) -> [Home; 4] {
        [
            self.tenant(uid),
            self.trashed(uid),
            self.newborn(uid),
            self.doomed(uid),
        ]
    }

    /// The directories of a tenant that are ours to delete: labelled, or of a name that only pgs gives.
    pub(crate) fn debris(&self, uid: TenantUid) -> Result<Vec<Home>> {
        let [tenant, trashed, newborn, doomed] = self.places(uid);
        let mut debris = Vec::new();
        for home in [tenant, trashed] {
            debris.extend(home.is_labelled()?.then_some(home));
        }
        for home in [newborn, doomed] {
            debris.extend(home.is_there()?.then_some(home));
        }
        Ok(debris)
    }

    /// What there is of this tenant, and in which state its storage is.
    pub(crate) fn find(&self, uid: TenantUid) -> Result<Option<(Home, Marker)>> {
        let [tenant, trashed, newborn, doomed] = self.places(uid);
        if tenant.is_labelled()? {
            let marker = tenant.marker()?;
            return Ok(Some((tenant, marker)));
        }
        if trashed.is_labelled()? {
            return Ok(Some((trashed, Marker::Trashed)));
        }
        for home in [newborn, doomed] {
            if home.is_there()? {
                return Ok(Some((home, Marker::Pending)));
            }
        }
        Ok(None)
    }

    /// The uids that any name here speaks of.
    pub(crate) fn uids(&self) -> Result<Vec<TenantUid>> {
        let mut uids = uids_in(&self.tenants())?;
        uids.extend(uids_in(&self.trash())?);
        uids.sort_unstable();
        uids.dedup();
        Ok(uids)
    }

    /// The storage of a tenant that is not in the trash.
    pub(crate) fn storage(&self, uid: TenantUid) -> Result<Home> {
        let home = self.tenant(uid);
        if home.is_labelled()? {
            return Ok(home);
        }
        Err(gone(uid))
    }

    fn sockets_must_fit(&self) -> Result<()> {
        let sample = self.tenants().join(SAMPLE_UID).join(SOCKET);
        let excess = sample.as_os_str().len().saturating_sub(SOCKET_PATH_MAX);
        if excess == 0 {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "the state directory `{}` is {excess} bytes too long: a Unix socket's path has at most {SOCKET_PATH_MAX}",
                self.root.display()
            ),
        )
        .with_remedy("choose a shorter --state-dir"))
    }
}

pub(crate) fn gone(uid: TenantUid) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("there is no storage of tenant uid `{uid}`"),
    )
}

fn uids_in(directory: &Path) -> Result<Vec<TenantUid>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.at("read", directory)?,
    };
    let mut uids = Vec::new();
    for entry in entries {
        let name = entry.at("read", directory)?.file_name();
        uids.extend(name.to_str().and_then(uid_in));
    }
    Ok(uids)
}

fn uid_in(name: &str) -> Option<TenantUid> {
    let bare = [NEWBORN, DOOMED]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix));
    let bare = bare.unwrap_or(name);
    // Other spellings of a UUID are no names of ours.
    bare.parse()
        .ok()
        .filter(|uid: &TenantUid| uid.to_string() == bare)
}

/// Below a tenant's directory.
pub(crate) const SOCKET: &str = "run/.s.PGSQL.5432";
const NEWBORN: &str = ".new-";
const DOOMED: &str = ".doomed-";
const SAMPLE_UID: &str = "00000000-0000-0000-0000-000000000000";
/// `sun_path` without its final NUL (`man 7 unix`).
const SOCKET_PATH_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_directory_too_deep_for_a_socket_is_refused_with_the_remedy() {
        let deep = format!("/{}", "d".repeat(60));
        let error = Layout::new(Path::new(&deep)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.remedy().unwrap().contains("--state-dir"));
        assert!(Layout::new(Path::new("/var/lib/pgs")).is_ok());
    }

    #[test]
    fn only_our_own_names_speak_of_a_uid() {
        let uid = "0192f0c4-7c1b-7d3e-8f00-000000000001";
        assert!(uid_in(uid).is_some() && uid_in(&format!(".new-{uid}")).is_some());
        for name in [
            "lost+found",
            ".new-",
            &uid.to_uppercase(),
            &uid.replace('-', ""),
            &format!("{uid}.aside-1"),
        ] {
            assert!(uid_in(name).is_none(), "{name}");
        }
    }
}
