use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::{Bundle, Driver, has_node};
use crate::setup::npm::{Packages, Scripts};
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
        has_node()
    }

    fn packages(&self) -> &'static [&'static str] {
        &["nodejs", "npm"]
    }
}

impl Bundle for Node {
    fn stamp(&self) -> &str {
        PACKAGES.lock
    }

    fn build(&self, dir: &Path) -> Result<()> {
        PACKAGES.install(dir)
    }

    fn check(&self, dir: &Path) -> Result<()> {
        let mut node = Command::new("node");
        node.args(["-e", "require('pg'); require('postgres')"]);
        shell::read(node.current_dir(dir)).map(drop)
    }
}

const PACKAGES: Packages = Packages {
    description: include_str!("drivers/package.json"),
    lock: include_str!("drivers/package-lock.json"),
    scripts: Scripts::Ignored,
};
