//! Packages of npm, by a lock file that names every one by its digest.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell;

/// What is installed, and whether its packages may run programs of their own while they are.
#[derive(Debug)]
pub(super) struct Packages {
    pub(super) description: &'static str,
    pub(super) lock: &'static str,
    pub(super) scripts: Scripts,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scripts {
    Run,
    Ignored,
}

impl Packages {
    pub(super) fn install(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("package.json"), self.description)?;
        fs::write(dir.join("package-lock.json"), self.lock)?;
        let mut npm = Command::new("npm");
        npm.args(["ci", "--silent", "--no-audit", "--no-fund"]);
        if self.scripts == Scripts::Ignored {
            npm.arg("--ignore-scripts");
        }
        shell::run(npm.current_dir(dir)).context("can npm reach its registry?")
    }
}
