//! The parts of tests that cannot run on this machine, and what passing tests note. Runners hide what a passing test
//! prints, so tests write to a file.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

#[derive(Debug)]
pub(super) struct Skips {
    file: PathBuf,
}

impl Skips {
    pub(super) fn start(workspace: &Workspace) -> Result<Self> {
        fs::create_dir_all(&workspace.target)?;
        let file = workspace.target.join("pgs-test-skips");
        File::create(&file).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self { file })
    }

    pub(super) fn announce(&self, command: &mut Command) {
        command.env("PGS_TEST_SKIPS", &self.file);
    }

    /// One line for each skipped part, `SKIPPED: <what>: <why>`.
    pub(super) fn read(&self) -> Result<Vec<String>> {
        self.lines(|line| !line.trim().is_empty() && !line.starts_with(NOTED))
    }

    /// One line for each thing that a test found out, `NOTED: <what>`, in order.
    pub(super) fn notes(&self) -> Result<Vec<String>> {
        let mut notes = self.lines(|line| line.starts_with(NOTED))?;
        notes.sort();
        Ok(notes)
    }

    fn lines(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let text = fs::read_to_string(&self.file)?;
        let lines = text.lines().filter(|line| wanted(line));
        Ok(lines.map(str::to_owned).collect())
    }
}

const NOTED: &str = "NOTED: ";
