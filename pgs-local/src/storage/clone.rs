//! A data directory as a copy of a template: quicker than `initdb` by the time it takes to fill the catalogues.

use super::durable;
use crate::{OsUser, failure::AtPath};
use pgs_core::{Error, ErrorKind, Result};
use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::{self, DirBuilder, FileType, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown, lchown},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Copies the tree below `from`, then has the disk remember all of it. The files are the owner's, the directories are not
/// yet: as long as the copy is worked on, nobody else can put anything into its way.
pub(crate) fn tree(from: &Path, to: &Path, owner: Option<&OsUser>) -> Result<()> {
    let mut tree = Tree::read(from)?;
    tree.files.retain(|file| !is_left_out(file));
    for directory in &tree.directories {
        make(&to.join(directory)).at("make the directory", &to.join(directory))?;
    }
    on_threads(&tree.files, |file| {
        copy(&from.join(file), &to.join(file), owner).at("copy to", &to.join(file))
    })?;
    tree.sync(to)
}

/// Gives the directories of a copy to its owner. The outermost comes last: until then nobody gets to those within.
pub(crate) fn hand_over(root: &Path, owner: Option<&OsUser>) -> Result<()> {
    let Some(owner) = owner else {
        return Ok(());
    };
    for directory in Tree::read(root)?.directories.iter().rev() {
        let path = root.join(directory);
        give(&path, owner).at("give away", &path)?;
    }
    Ok(())
}

fn give(directory: &Path, owner: &OsUser) -> io::Result<()> {
    let directory = durable::open_directory(directory)?;
    fchown(&directory, Some(owner.uid()), Some(owner.gid()))?;
    directory.sync_all()
}

/// Takes a tree away from whoever filled it. Each directory is ours before anything in it is looked at, so that nobody
/// can exchange what was looked at.
pub(crate) fn take_over(root: &Path) -> Result<()> {
    let me = (rustix::process::geteuid(), rustix::process::getegid());
    let take =
        |path: &Path| lchown(path, Some(me.0.as_raw()), Some(me.1.as_raw())).at("take over", path);
    take(root)?;
    fs::set_permissions(root, Permissions::from_mode(durable::PRIVATE_DIR)).at("close", root)?;
    let taken = Tree::read_each(root, |path, is_directory| {
        if !is_directory {
            must_be_alone(path)?;
        }
        take(path)
    });
    taken.map(drop)
}

/// A second name could be that of a file that is somebody else's.
fn must_be_alone(file: &Path) -> Result<()> {
    let meta = fs::symlink_metadata(file).at("look at", file)?;
    if meta.nlink() == 1 {
        return Ok(());
    }
    Err(foreign(file, "has several names"))
}

fn foreign(path: &Path, how: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("`{}` {how}, which initdb does not make", path.display()),
    )
}

/// Has the disk remember a tree that was written without care.
pub(crate) fn sync(root: &Path) -> Result<()> {
    Tree::read(root)?.sync(root)
}

/// The paths below a directory, itself included as the empty path, parents before children.
struct Tree {
    directories: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Tree {
    fn read(root: &Path) -> Result<Self> {
        Self::read_each(root, |_, _| Ok(()))
    }

    /// Shows each path, and whether it is a directory, before looking into it.
    fn read_each(root: &Path, seen: impl Fn(&Path, bool) -> Result<()>) -> Result<Self> {
        let mut tree = Self {
            directories: Vec::new(),
            files: Vec::new(),
        };
        let mut unread = VecDeque::from([PathBuf::new()]);
        while let Some(directory) = unread.pop_front() {
            let path = root.join(&directory);
            for (name, kind) in entries(&path).at("read", &path)? {
                let is_directory = kind.is_dir();
                if !is_directory && !kind.is_file() {
                    return Err(foreign(
                        &path.join(name),
                        "is neither a file nor a directory",
                    ));
                }
                seen(&path.join(&name), is_directory)?;
                let below = directory.join(name);
                if is_directory {
                    unread.push_back(below);
                } else {
                    tree.files.push(below);
                }
            }
            tree.directories.push(directory);
        }
        Ok(tree)
    }

    fn sync(&self, root: &Path) -> Result<()> {
        on_threads(&self.files, |file| sync_file(&root.join(file)))?;
        on_threads(&self.directories, |directory| {
            durable::sync(&root.join(directory))
        })
    }
}

fn entries(directory: &Path) -> io::Result<Vec<(OsString, FileType)>> {
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        Ok((entry.file_name(), entry.file_type()?))
    };
    fs::read_dir(directory)?.map(entry).collect()
}

fn sync_file(path: &Path) -> Result<()> {
    durable::open_file(path, OpenOptions::new().read(true))
        .and_then(|file| file.sync_all())
        .at("write to disk", path)
}

/// The write-ahead log of a cleanly stopped server is of no use to another cluster, and is most of the bytes.
fn is_left_out(file: &Path) -> bool {
    let name = file.to_string_lossy();
    file.starts_with("pg_wal") || name == "postmaster.pid" || name == "postmaster.opts"
}

fn make(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .mode(durable::PRIVATE_DIR)
        .create(directory)
}

fn copy(from: &Path, to: &Path, owner: Option<&OsUser>) -> io::Result<()> {
    let mut source = durable::open_file(from, OpenOptions::new().read(true))?;
    let mut target = OpenOptions::new()
        .write(true)
        .create_new(true) // Which follows no link.
        .mode(durable::PRIVATE_FILE)
        .open(to)?;
    if reflink_copy::reflink_file(&source, &target).is_err() {
        io::copy(&mut source, &mut target)?;
    }
    match owner {
        Some(owner) => fchown(&target, Some(owner.uid()), Some(owner.gid())),
        None => Ok(()),
    }
}

/// Waiting for the disk is most of the work, and disks answer several askers at once. As many threads help as this process has
/// left for it, and if need be none.
fn on_threads<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let next = Mutex::new(items.iter());
    let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || -> Result<()> {
        while let Some(item) = take() {
            work(item)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let places = (1..THREADS).map_while(|_| HELPERS.try_acquire().ok());
        let help = |place| {
            let helper = thread::Builder::new().spawn_scoped(scope, move || {
                let _place: SemaphorePermit<'_> = place;
                run()
            });
            helper.ok()
        };
        let helpers: Vec<_> = places.map_while(help).collect();
        let own = run();
        let outcomes = helpers.into_iter().map(|helper| {
            helper
                .join()
                .unwrap_or_else(|_| Err(Error::internal("a copying thread died")))
        });
        // All of them have ended before any of their errors is told.
        outcomes.fold(own, Result::and)
    })
}

/// Of all copies that go on in this process.
static HELPERS: Semaphore = Semaphore::const_new(4 * THREADS);
const THREADS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn a_copy_has_everything_but_the_log_and_the_pid_file() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(from.path().join("pg_wal/archive_status")).unwrap();
        for file in [
            "PG_VERSION",
            "pg_wal/000000010000000000000001",
            "postmaster.pid",
        ] {
            fs::write(from.path().join(file), file).unwrap();
        }
        let to = to.path().join("data");
        tree(from.path(), &to, None).unwrap();
        assert_eq!(
            fs::read_to_string(to.join("PG_VERSION")).unwrap(),
            "PG_VERSION"
        );
        assert!(to.join("pg_wal/archive_status").is_dir());
        assert_eq!(fs::read_dir(to.join("pg_wal")).unwrap().count(), 1);
        assert!(!to.join("postmaster.pid").exists());
    }

    #[test]
    fn all_is_done_however_few_can_help_and_an_error_is_told() {
        let numbers: Vec<usize> = (1..=100).collect();
        for taken in [0, 4 * THREADS] {
            let _busy = HELPERS
                .try_acquire_many(u32::try_from(taken).unwrap())
                .unwrap();
            let sum = AtomicUsize::new(0);
            on_threads(&numbers, |number| {
                sum.fetch_add(*number, Relaxed);
                Ok(())
            })
            .unwrap();
            assert_eq!(sum.into_inner(), 5_050);
            let failed = on_threads(&numbers, |number| match number {
                50 => Err(Error::internal("the fiftieth")),
                _ => Ok(()),
            });
            assert_eq!(failed.unwrap_err().to_string(), "the fiftieth");
        }
    }

    #[test]
    fn what_no_initdb_makes_is_refused() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = to.path().join("secret");
        fs::write(&secret, "secret").unwrap();
        let planted = from.path().join("pg_hba.conf");
        std::os::unix::fs::symlink(&secret, &planted).unwrap();
        let refusal = tree(from.path(), &to.path().join("data"), None).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Corrupt);
        assert!(copy(&planted, &to.path().join("copy"), None).is_err());

        fs::remove_file(&planted).unwrap();
        take_over(from.path()).unwrap();
        fs::hard_link(&secret, &planted).unwrap();
        let refusal = take_over(from.path()).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Corrupt);
    }
}
