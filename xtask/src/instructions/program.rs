//! The program whose instructions are counted: pgs-core/benches/instructions.rs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell;
use crate::workspace::Workspace;

#[derive(Debug)]
pub(super) struct Program(PathBuf);

impl Program {
    /// As optimised as the product.
    pub(super) fn build(workspace: &Workspace) -> Result<Self> {
        println!("building the cases");
        let mut cargo = workspace.cargo();
        cargo.args(["bench", "--package", "pgs-core", "--bench", NAME]);
        cargo.args(["--no-run", "--message-format", "json"]);
        let messages = shell::read(&mut cargo)?;
        let path = messages.lines().find_map(executable);
        path.map(Self).context("cargo built no program")
    }

    /// The instructions of one run of every case.
    pub(super) fn counts(&self) -> Result<BTreeMap<String, u64>> {
        let folder = tempfile::tempdir()?;
        let names = shell::read(&mut Command::new(&self.0))?;
        names
            .lines()
            .map(|name| Ok((name.to_owned(), self.count(name, folder.path())?)))
            .collect()
    }

    /// What a thousand runs more cost, so that the start of the program and of its first runs is in no count.
    fn count(&self, name: &str, folder: &Path) -> Result<u64> {
        let few = self.total(name, FEW, folder)?;
        let many = self.total(name, FEW + RUNS, folder)?;
        Ok((many.saturating_sub(few) + RUNS / 2) / RUNS)
    }

    fn total(&self, name: &str, times: u64, folder: &Path) -> Result<u64> {
        let profile = folder.join("profile");
        let mut valgrind = Command::new("valgrind");
        valgrind
            .arg("--tool=callgrind")
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(&self.0)
            .args([name, &times.to_string()]);
        shell::read(&mut valgrind)?;
        summary(&fs::read_to_string(&profile)?)
            .with_context(|| format!("callgrind counted nothing for `{name}`"))
    }
}

/// In one of cargo's messages, the path of the program.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_ours = message["target"]["name"] == NAME;
    let path = message["executable"].as_str()?;
    is_ours.then(|| path.into())
}

/// Source: valgrind manual, [Callgrind Format Specification](https://valgrind.org/docs/manual/cl-format.html).
fn summary(profile: &str) -> Option<u64> {
    let total = profile
        .lines()
        .find_map(|line| line.strip_prefix("summary: "));
    total?.trim().parse().ok()
}

const NAME: &str = "instructions";
const FEW: u64 = 100;
const RUNS: u64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_cargos_messages() {
        let other =
            r#"{"reason":"compiler-artifact","target":{"name":"instructions"},"executable":null}"#;
        let ours =
            r#"{"reason":"compiler-artifact","target":{"name":"instructions"},"executable":"a/b"}"#;
        assert_eq!(executable(other), None);
        assert_eq!(executable("not JSON"), None);
        assert_eq!(executable(ours), Some("a/b".into()));
    }

    #[test]
    fn the_total_is_the_profiles_summary() {
        assert_eq!(
            summary("events: Ir\nsummary: 2973583\n\nob=\n"),
            Some(2_973_583)
        );
        assert_eq!(summary("events: Ir\n"), None);
    }
}
