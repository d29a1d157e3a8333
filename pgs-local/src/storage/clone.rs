//! A data directory as a copy of a template: quicker than `initdb` by the time it takes to fill the catalogues.

use super::durable;
use crate::{OsUser, failure::AtPath};
use pgs_core::{Error, Result};
use std::{
    collections::VecDeque,
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown, fchown},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
};

/// Copies the tree below `from`, then has the disk remember all of it.
pub(crate) fn tree(from: &Path, to: &Path, owner: Option<&OsUser>) -> Result<()> {
    let tree = Tree::read(from)?;
    for directory in &tree.directories {
        make(&to.join(directory), owner).at("make the directory", &to.join(directory))?;
    }
    on_threads(&tree.files, |file| {
        copy(&from.join(file), &to.join(file), owner).at("copy to", &to.join(file))
    })?;
    tree.sync(to)
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
        let mut tree = Self {
            directories: Vec::new(),
            files: Vec::new(),
        };
        let mut unread = VecDeque::from([PathBuf::new()]);
        while let Some(directory) = unread.pop_front() {
            let path = root.join(&directory);
            tree.read_directory(&path, &directory, &mut unread)
                .at("read", &path)?;
            tree.directories.push(directory);
        }
        Ok(tree)
    }

    fn read_directory(
        &mut self,
        path: &Path,
        directory: &Path,
        unread: &mut VecDeque<PathBuf>,
    ) -> io::Result<()> {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let below = directory.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                unread.push_back(below);
            } else if !is_left_out(&below) {
                self.files.push(below);
            }
        }
        Ok(())
    }

    fn sync(&self, root: &Path) -> Result<()> {
        on_threads(&self.files, |file| durable::sync(&root.join(file)))?;
        on_threads(&self.directories, |directory| {
            durable::sync(&root.join(directory))
        })
    }
}

/// The write-ahead log of a cleanly stopped server is of no use to another cluster, and is most of the bytes.
fn is_left_out(file: &Path) -> bool {
    let name = file.to_string_lossy();
    file.starts_with("pg_wal") || name == "postmaster.pid" || name == "postmaster.opts"
}

fn make(directory: &Path, owner: Option<&OsUser>) -> io::Result<()> {
    DirBuilder::new()
        .mode(durable::PRIVATE_DIR)
        .create(directory)?;
    match owner {
        Some(owner) => chown(directory, Some(owner.uid()), Some(owner.gid())),
        None => Ok(()),
    }
}

fn copy(from: &Path, to: &Path, owner: Option<&OsUser>) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = OpenOptions::new()
        .write(true)
        .create_new(true)
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

/// Waiting for the disk is most of the work, and disks answer several askers at once.
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
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        let mut outcomes = threads.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(Error::internal("a copying thread died")))
        });
        outcomes.try_for_each(|outcome| outcome)
    })
}

const THREADS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

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
}
