use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{Bundle, Driver, runs};
use crate::shell;

/// node-postgres and postgres.js, which Node reads as they are.
pub(super) struct Node;

impl Driver for Node {
    fn name(&self) -> &'static str {
        "node-postgres and postgres.js"
    }

    fn place(&self) -> &'static str {
        "node-clients"
    }

    fn has_ground(&self) -> bool {
        runs("node", "--version") && runs("npm", "--version")
    }

    fn packages(&self) -> &'static [&'static str] {
        &["nodejs", "npm"]
    }
}

impl Bundle for Node {
    fn stamp(&self) -> &str {
        LOCK
    }

    fn build(&self, dir: &Path) -> Result<()> {
        fs::create_dir_all(dir)?;
        fs::write(dir.join("package.json"), PACKAGE)?;
        fs::write(dir.join("package-lock.json"), LOCK)?;
        let mut npm = Command::new("npm");
        npm.args([
            "ci",
            "--silent",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
        ]);
        shell::run(npm.current_dir(dir)).context("can npm reach its registry?")
    }

    fn check(&self, dir: &Path) -> Result<()> {
        let mut node = Command::new("node");
        node.args(["-e", "require('pg'); require('postgres')"]);
        shell::read(node.current_dir(dir)).map(drop)
    }
}

const PACKAGE: &str = include_str!("package.json");
const LOCK: &str = include_str!("package-lock.json");
