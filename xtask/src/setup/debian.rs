//! Debian packages, installed without any of them starting a service.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

use super::cache::is_root;
use super::outcome::Outcome;
use crate::shell;

/// An older server and its psql, without the cluster that Debian would make and start.
pub(super) fn ensure_postgresql_15() -> Result<Outcome> {
    if !is_root() || missing(&POSTGRESQL_15).is_empty() {
        return ensure(&POSTGRESQL_15);
    }
    let _no_cluster =
        TemporaryFile::create(Path::new(NO_CLUSTER), "create_main_cluster = false\n")?;
    ensure(&POSTGRESQL_15)
}

pub(super) fn postgresql_15_bindir() -> Option<PathBuf> {
    let bindir = PathBuf::from("/usr/lib/postgresql/15/bin");
    (bindir.join("postgres").is_file() && bindir.join("psql").is_file()).then_some(bindir)
}

pub(super) fn ensure(packages: &[&str]) -> Result<Outcome> {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(Outcome::Present("installed".to_owned()));
    }
    if let Some(why) = obstacle(&missing)? {
        let remedy = format!(
            "to have it, run as root: apt-get install {}",
            missing.join(" ")
        );
        return Ok(Outcome::Skipped { why, remedy });
    }
    install(&missing)?;
    Ok(Outcome::Done("installed".to_owned()))
}

fn missing<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    packages
        .iter()
        .copied()
        .filter(|package| !is_installed(package))
        .collect()
}

fn is_installed(package: &str) -> bool {
    let query =
        shell::read(Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package]));
    query.is_ok_and(|status| status == "installed")
}

/// Why this machine cannot have the packages, if so.
fn obstacle(packages: &[&str]) -> Result<Option<String>> {
    if !shell::succeeds(Command::new("apt-get").arg("--version")) {
        return Ok(Some("this system has no apt-get".to_owned()));
    }
    if !is_root() {
        return Ok(Some("only root can install Debian packages".to_owned()));
    }
    update_once()?;
    let unknown = packages.iter().find(|package| !has_candidate(package));
    Ok(unknown.map(|package| format!("this release of the system has no package named {package}")))
}

fn update_once() -> Result<()> {
    if UPDATED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    shell::run(apt_get().args(["update", "--quiet=2"]))
        .context("check that apt can reach its package servers")
}

fn has_candidate(package: &str) -> bool {
    let mut simulation = apt_get();
    shell::succeeds(simulation.args(["install", "--simulate", "--no-install-recommends", package]))
}

fn install(packages: &[&str]) -> Result<()> {
    let _no_services = TemporaryFile::create(Path::new(POLICY), "#!/bin/sh\nexit 101\n")?;
    let mut install = apt_get();
    install
        .args(["install", "--yes", "--quiet=2", "--no-install-recommends"])
        .args(packages);
    shell::run(&mut install)
        .context("repair apt (`dpkg --configure -a`, `apt-get -f install`), then run this again")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// A setting that lasts for one installation. A file that is already there is the machine's owner's, and wins.
struct TemporaryFile(Option<PathBuf>);

impl TemporaryFile {
    fn create(path: &Path, text: &str) -> Result<Self> {
        if path.exists() {
            return Ok(Self(None));
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o755)
            .open(path);
        let mut file = opened.with_context(|| format!("cannot create {}", path.display()))?;
        file.write_all(text.as_bytes())?;
        Ok(Self(Some(path.to_owned())))
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            drop(fs::remove_file(path));
        }
    }
}

const POSTGRESQL_15: [&str; 2] = ["postgresql-15", "postgresql-client-15"];
/// postgresql-common reads the files here when a server package is first installed.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.d/pgs-setup.conf";
/// Packages ask this program whether they may start their service.
const POLICY: &str = "/usr/sbin/policy-rc.d";
static UPDATED: AtomicBool = AtomicBool::new(false);
