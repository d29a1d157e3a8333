//! What cargo knows of this workspace.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::shell;

#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    kind: Option<String>,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let answer = shell::read(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        serde_json::from_str(&answer)
            .context("cargo metadata answered with something else than its JSON")
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// A command that starts in the workspace's root.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    pub(crate) fn cargo(&self) -> Command {
        self.command("cargo")
    }

    /// Builds one of the helpers of these commands, with the flags; where it is.
    pub(crate) fn build_helper(&self, name: &str, flags: &[&str]) -> Result<PathBuf> {
        let mut cargo = self.cargo();
        cargo.args(["build", "--package", "xtask", "--bin", name]);
        shell::run(cargo.args(["--features", name]).args(flags))?;
        let profile = if flags.contains(&"--release") {
            "release"
        } else {
            "debug"
        };
        Ok(self.target.join(profile).join(name))
    }
}

impl Package {
    pub(crate) fn has_feature(&self, feature: &str) -> bool {
        self.features.contains_key(feature)
    }
}

impl Dependency {
    pub(crate) fn is_for_tests(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

fn cargo() -> Command {
    Command::new("cargo")
}
