use super::{Life, kept};
use crate::{Config, config::is_root};
use pgs_core::{Error, Result};
use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    time::Duration,
};

/// The directory of a throw-away manager, which this process answers for.
///
/// It gets its name once its lock is held, so that whoever finds one without a holder knows that the holder died.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    _life: Life,
}

impl Place {
    /// Makes one in this directory.
    pub(super) fn make(base: &Path, config: &Config) -> Result<Self> {
        let failed = |source| Error::io("a temporary directory cannot be made", source);
        // As a state directory is made: servers may have to pass through as another OS user.
        let mode = if is_root() { 0o711 } else { 0o700 };
        let unnamed = tempfile::Builder::new()
            .prefix(UNNAMED)
            .permissions(Permissions::from_mode(mode))
            .tempdir_in(base)
            .map_err(failed)?;
        let life = Life::begin(unnamed.path()).map_err(failed)?;
        kept::write(config, unnamed.path())?;
        let path = renamed(unnamed.path(), UNNAMED, NAMED);
        fs::rename(unnamed.path(), &path).map_err(failed)?;
        // It has another name now.
        let _ = unnamed.keep();
        Ok(Self { path, _life: life })
    }

    /// Every one in this directory that is this user's and whose process is gone.
    pub(super) fn left_behind(base: &Path) -> io::Result<Vec<Self>> {
        let mut left = Vec::new();
        for path in named(base, NAMED)? {
            if let Some(life) = Life::take_over(&path)? {
                left.push(Self { path, _life: life });
            }
        }
        Ok(left)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Deletes it. Nothing may run in it any more.
    pub(super) fn remove(self) -> io::Result<()> {
        // Without its name, nobody takes it for a manager's, whatever is left if this process is killed now.
        let unnamed = renamed(&self.path, NAMED, UNNAMED);
        fs::rename(&self.path, &unnamed)?;
        fs::remove_dir_all(&unnamed)
    }
}

/// Deletes what was never named, or was about to be deleted, when its process was killed.
pub(super) fn remove_unnamed(base: &Path) -> io::Result<()> {
    for path in named(base, UNNAMED)? {
        let is_old = |age: Duration| age > UNNAMED_TAKES;
        let changed = fs::symlink_metadata(&path).and_then(|meta| meta.modified());
        if changed.is_ok_and(|changed| changed.elapsed().is_ok_and(is_old)) {
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

/// The directories with such names that belong to this user, and that nobody else can write to.
///
/// In a directory where others may rename what is not theirs, none: what was looked at could be something else by the
/// time it is deleted.
fn named(base: &Path, prefix: &str) -> io::Result<Vec<PathBuf>> {
    let base = base.canonicalize()?;
    if !keeps_names(&fs::metadata(&base)?) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(&base)? {
        let path = entry?.path();
        let has_prefix = |name: &OsStr| name.as_bytes().starts_with(prefix.as_bytes());
        if path.file_name().is_some_and(has_prefix)
            // Other users' files come and go.
            && fs::symlink_metadata(&path).is_ok_and(|meta| is_private(&meta))
        {
            found.push(path);
        }
    }
    Ok(found)
}

/// Whether nobody but this user and root can rename this user's entries of such a directory.
fn keeps_names(base: &fs::Metadata) -> bool {
    let is_sticky = base.mode() & STICKY != 0;
    (base.uid() == own_user() || base.uid() == 0)
        && (is_sticky || base.mode() & WRITABLE_BY_OTHERS == 0)
}

fn is_private(meta: &fs::Metadata) -> bool {
    meta.is_dir() && meta.uid() == own_user() && meta.mode() & WRITABLE_BY_OTHERS == 0
}

fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The same path, with another prefix of its name.
fn renamed(path: &Path, from: &str, to: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().as_bytes();
    let rest = name.strip_prefix(from.as_bytes()).unwrap_or(name);
    let mut renamed = to.as_bytes().to_vec();
    renamed.extend_from_slice(rest);
    path.with_file_name(OsStr::from_bytes(&renamed))
}

/// Short: the path of a socket below it must fit.
const NAMED: &str = "pgs-";
const UNNAMED: &str = ".pgs-ephemeral-";
/// Far longer than a process is between making a directory and naming it.
const UNNAMED_TAKES: Duration = Duration::from_hours(1);
const STICKY: u32 = 0o1000;
const WRITABLE_BY_OTHERS: u32 = 0o022;

#[cfg(test)]
mod tests {
    use super::super::life::lock_file;
    use super::*;
    use std::{fs::File, os::unix::fs::symlink, time::SystemTime};

    fn base() -> tempfile::TempDir {
        testkit::state_dir()
    }

    fn paths(places: &[Place]) -> Vec<&Path> {
        places.iter().map(Place::path).collect()
    }

    /// What a process that was killed leaves.
    fn dead(base: &Path) -> PathBuf {
        Place::make(base, &Config::default()).unwrap().path
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn only_one_without_a_holder_is_left_behind() {
        let base = base();
        let living = Place::make(base.path(), &Config::default()).unwrap();
        let dead = dead(base.path());
        let found = Place::left_behind(base.path()).unwrap();
        assert_eq!(paths(&found), [dead.canonicalize().unwrap()]);
        let again = Place::left_behind(base.path()).unwrap();
        assert!(again.is_empty(), "somebody answers for it now");
        for place in found {
            place.remove().unwrap();
        }
        living.remove().unwrap();
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_others_could_have_made_or_could_change_is_left_alone() {
        let (base, elsewhere) = (base(), base());
        let foreign = dead(elsewhere.path());
        symlink(&foreign, base.path().join("pgs-linked")).unwrap();
        set_mode(&dead(base.path()), 0o777);
        fs::create_dir(base.path().join("pgs-mine")).unwrap();
        if is_root() {
            std::os::unix::fs::chown(dead(base.path()), Some(NOBODY), None).unwrap();
        }
        let unlocked = dead(base.path());
        fs::remove_file(lock_file(&unlocked)).unwrap();
        assert_eq!(
            paths(&Place::left_behind(base.path()).unwrap()),
            <[&Path; 0]>::default()
        );
    }

    #[test]
    fn a_directory_where_others_may_rename_is_not_looked_through() {
        let base = base();
        dead(base.path());
        let found = |mode| {
            set_mode(base.path(), mode);
            Place::left_behind(base.path()).unwrap().len()
        };
        assert_eq!(found(0o777), 0);
        assert_eq!(found(0o1777), 1, "as /tmp is");
    }

    #[test]
    fn what_never_got_its_name_is_removed_once_it_is_old() {
        let base = base();
        let unnamed = |name: &str, age: Duration| {
            let path = base.path().join(format!("{UNNAMED}{name}"));
            fs::create_dir(&path).unwrap();
            let directory = File::open(&path).unwrap();
            directory.set_modified(SystemTime::now() - age).unwrap();
            path
        };
        let old = unnamed("old", UNNAMED_TAKES * 2);
        let new = unnamed("new", Duration::ZERO);
        remove_unnamed(base.path()).unwrap();
        assert!(!old.exists() && new.exists());
    }

    const NOBODY: u32 = 65534;
}
