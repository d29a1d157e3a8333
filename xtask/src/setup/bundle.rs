//! A directory that is filled once and is either all there or not there at all.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

use super::outcome::Outcome;

/// What a bundle holds: the stamp says which content, `build` makes it, `check` finds it in working order.
pub(super) trait Bundle {
    fn stamp(&self) -> &str;
    fn build(&self, dir: &Path) -> Result<()>;
    fn check(&self, dir: &Path) -> Result<()>;
}

#[derive(Debug, PartialEq)]
pub(super) enum State {
    Present,
    Made,
}

impl State {
    pub(super) fn of(&self, path: &Path) -> Outcome {
        let path = path.display().to_string();
        match self {
            Self::Present => Outcome::Present(path),
            Self::Made => Outcome::Done(path),
        }
    }
}

/// Makes `dir` hold the bundle. It is built beside its place and moved there whole, so a kill leaves nothing half-made.
pub(super) fn ensure(bundle: &impl Bundle, dir: &Path) -> Result<State> {
    let _lock = lock(dir)?;
    if is_stamped(bundle, dir) && bundle.check(dir).is_ok() {
        return Ok(State::Present);
    }
    let staging = dir.with_extension("new");
    remove(&staging)?;
    bundle.build(&staging)?;
    bundle.check(&staging)?;
    fs::write(staging.join(STAMP), bundle.stamp())?;
    swap(&staging, dir)?;
    Ok(State::Made)
}

/// Two set-ups at once take turns; the lock goes with its holder.
pub(super) fn lock(dir: &Path) -> Result<File> {
    let path = dir.with_extension("lock");
    let opened = File::create(&path);
    let file = opened
        .with_context(|| format!("cannot write {}: let your user write there", path.display()))?;
    file.lock()?;
    Ok(file)
}

fn is_stamped(bundle: &impl Bundle, dir: &Path) -> bool {
    fs::read_to_string(dir.join(STAMP)).is_ok_and(|stamp| stamp == bundle.stamp())
}

fn swap(staging: &Path, dir: &Path) -> Result<()> {
    let old = dir.with_extension("old");
    remove(&old)?;
    match fs::rename(dir, &old) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => fs::rename(staging, dir)?,
    }
    remove(&old)
}

pub(super) fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

const STAMP: &str = ".pgs-setup";

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use anyhow::bail;

    use super::*;

    struct Greeting {
        text: &'static str,
        builds: Cell<u32>,
        fails: bool,
    }

    impl Greeting {
        fn new(text: &'static str) -> Self {
            Self {
                text,
                builds: Cell::new(0),
                fails: false,
            }
        }
    }

    impl Bundle for Greeting {
        fn stamp(&self) -> &str {
            self.text
        }

        fn build(&self, dir: &Path) -> Result<()> {
            self.builds.set(self.builds.get() + 1);
            fs::create_dir(dir)?;
            fs::write(dir.join("greeting"), self.text)?;
            if self.fails {
                bail!("killed half-way");
            }
            Ok(())
        }

        fn check(&self, dir: &Path) -> Result<()> {
            fs::read(dir.join("greeting"))
                .map(drop)
                .context("no greeting")
        }
    }

    #[test]
    fn a_bundle_is_made_once() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("hello");
        let greeting = Greeting::new("hello");
        assert_eq!(ensure(&greeting, &dir).unwrap(), State::Made);
        assert_eq!(ensure(&greeting, &dir).unwrap(), State::Present);
        assert_eq!(greeting.builds.get(), 1);
    }

    #[test]
    fn a_damaged_bundle_is_made_again() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("hello");
        ensure(&Greeting::new("hello"), &dir).unwrap();
        fs::remove_file(dir.join("greeting")).unwrap();
        assert_eq!(ensure(&Greeting::new("hello"), &dir).unwrap(), State::Made);
    }

    #[test]
    fn a_failed_build_leaves_the_old_bundle_alone() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("hello");
        ensure(&Greeting::new("hello"), &dir).unwrap();
        let broken = Greeting {
            fails: true,
            ..Greeting::new("goodbye")
        };
        assert!(ensure(&broken, &dir).is_err());
        assert_eq!(fs::read_to_string(dir.join("greeting")).unwrap(), "hello");
    }

    #[test]
    fn another_stamp_replaces_the_bundle() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("hello");
        ensure(&Greeting::new("hello"), &dir).unwrap();
        ensure(&Greeting::new("goodbye"), &dir).unwrap();
        assert_eq!(fs::read_to_string(dir.join("greeting")).unwrap(), "goodbye");
    }
}
