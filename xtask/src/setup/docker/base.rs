//! The Debian that every image begins as, kept in the cache as one file.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::stamp;
use crate::setup::bundle::{self, Bundle};
use crate::setup::outcome::Outcome;
use crate::setup::{cache, debian};
use crate::shell;

/// Why this machine cannot make one, if so.
pub(super) fn obstacle() -> Result<Option<Outcome>> {
    let outcome = debian::ensure(&["debootstrap", "debian-archive-keyring"])?;
    Ok(match outcome {
        Outcome::Skipped { .. } => Some(outcome),
        _ if !cache::is_root() => Some(Outcome::Skipped {
            why: "only root can make it".to_owned(),
            remedy: "to have it, run as root: cargo xtask setup --docker".to_owned(),
        }),
        _ => None,
    })
}

pub(super) fn stamp() -> String {
    stamp::of(&[SUITE, INCLUDE, RECIPE, TIDY])
}

/// Unpacks the system into `root`, which it makes.
pub(super) fn unpack(root: &Path) -> Result<()> {
    let dir = cache::place("debian")?;
    bundle::ensure(&Base { stamp: stamp() }, &dir)?;
    make_dir(root)?;
    let mut tar = Command::new("tar");
    tar.arg("--directory").arg(root);
    tar.args(["--numeric-owner", "--extract", "--file"]);
    shell::read(tar.arg(dir.join(ARCHIVE))).map(drop)
}

/// Packs a system into `archive`, without what the kernel puts there and without what `without` names.
pub(super) fn pack(root: &Path, archive: &Path, without: &[&str]) -> Result<()> {
    let mut tar = Command::new("tar");
    tar.arg("--directory").arg(root);
    tar.args(["--numeric-owner", "--exclude=./proc/*", "--exclude=./sys/*"]);
    tar.args(without.iter().map(|pattern| format!("--exclude={pattern}")));
    shell::read(tar.arg("--create").arg("--file").arg(archive).arg(".")).map(drop)
}

/// Runs a script as root of this system, with the network of the one outside.
pub(super) fn run_inside(root: &Path, script: &str) -> Result<()> {
    let place = root.join(SCRIPT);
    fs::write(&place, script)?;
    drop(fs::copy(
        RESOLVER,
        root.join(RESOLVER.trim_start_matches('/')),
    ));
    let mut chroot = Command::new("chroot");
    chroot.arg(root).args(["bash", SCRIPT]);
    chroot.env("LC_ALL", "C").env_remove("TMPDIR");
    chroot.env(
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    shell::read(&mut chroot)?;
    fs::remove_file(place)?;
    Ok(())
}

pub(super) fn make_dir(dir: &Path) -> Result<()> {
    fs::create_dir(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    // Whatever root's umask is: this becomes the directory `/` of an image.
    fs::set_permissions(dir, Permissions::from_mode(0o755))?;
    Ok(())
}

struct Base {
    stamp: String,
}

impl Bundle for Base {
    fn stamp(&self) -> &str {
        &self.stamp
    }

    fn build(&self, dir: &Path) -> Result<()> {
        make_dir(dir)?;
        let root = dir.join("system");
        debootstrap(&root)?;
        run_inside(&root, RECIPE)?;
        run_inside(&root, TIDY)?;
        pack(&root, &dir.join(ARCHIVE), &[])?;
        fs::remove_dir_all(root)?;
        Ok(())
    }

    fn check(&self, dir: &Path) -> Result<()> {
        let archive = dir.join(ARCHIVE);
        if !fs::metadata(&archive).is_ok_and(|metadata| metadata.len() > 0) {
            bail!("{} is missing or empty", archive.display());
        }
        Ok(())
    }
}

/// In a mount namespace, so that a kill leaves nothing mounted.
fn debootstrap(root: &Path) -> Result<()> {
    let mut command = Command::new("unshare");
    command.args([
        "--mount",
        "debootstrap",
        "--variant=minbase",
        INCLUDE,
        SUITE,
    ]);
    command.arg(root).args(mirror());
    println!("+ {}", shell::line(&command));
    shell::read(&mut command).map(drop).context(
        "debootstrap could not make a Debian: check that apt can reach its package servers",
    )
}

/// Where apt gets this release's packages, if it does; else debootstrap knows a place itself.
fn mirror() -> Option<String> {
    let mut question = Command::new("apt-get");
    question.args([
        "indextargets",
        "--format",
        "$(CODENAME) $(COMPONENT) $(REPO_URI)",
    ]);
    question.arg("Created-By: Packages");
    let answer = shell::read(&mut question).ok()?;
    let wanted = format!("{SUITE} main ");
    let place = answer.lines().find_map(|line| line.strip_prefix(&wanted));
    place.map(str::to_owned)
}

const SUITE: &str = "bookworm";
/// Also what init scripts are unpacked with, what names a user without a name, and what network tests look with.
const INCLUDE: &str =
    "--include=ca-certificates,gzip,iproute2,libnss-wrapper,locales,xz-utils,zlib1g,zstd";
const RECIPE: &str = include_str!("../images/base.sh");
pub(super) const TIDY: &str = include_str!("../images/tidy.sh");
const ARCHIVE: &str = "system.tar";
const SCRIPT: &str = "pgs-recipe.sh";
const RESOLVER: &str = "/etc/resolv.conf";
