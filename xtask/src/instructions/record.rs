//! The counts that are kept in git.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::shell;
use crate::workspace::Workspace;

/// The instructions of one run of each case, and what they depend on besides the code.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub(super) basis: Basis,
    pub(super) counts: BTreeMap<String, u64>,
}

/// Counts from two of these say nothing about each other.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Basis {
    pub(super) compiler: String,
    pub(super) architecture: String,
    /// Copies and compares bytes, and allocates.
    pub(super) libc: String,
}

impl Basis {
    pub(super) fn here() -> Result<Self> {
        let compiler = shell::read(Command::new("rustc").arg("--version"))?;
        let libc = shell::read(Command::new("getconf").arg("GNU_LIBC_VERSION"))?;
        Ok(Self {
            compiler: compiler.trim().to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            libc: libc.trim().to_owned(),
        })
    }

    /// What is not the same, in words; none if all is.
    pub(super) fn difference(&self, now: &Self) -> Option<String> {
        let parts = [
            (&self.compiler, &now.compiler),
            (&self.architecture, &now.architecture),
            (&self.libc, &now.libc),
        ];
        let differing = parts.into_iter().filter(|(then, now)| then != now);
        let said: Vec<_> = differing
            .map(|(then, now)| format!("recorded with {then}, counted with {now}"))
            .collect();
        (!said.is_empty()).then(|| said.join("; "))
    }
}

impl Record {
    /// None where nothing was recorded yet.
    pub(super) fn read(workspace: &Workspace) -> Result<Option<Self>> {
        let path = path(workspace);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .with_context(|| format!("{} is no record", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    pub(super) fn write(&self, workspace: &Workspace) -> Result<()> {
        let path = path(workspace);
        let json = serde_json::to_string_pretty(self)? + "\n";
        fs::write(&path, json).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.root.join("pgs-core/benches/instructions.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_named_and_nothing_else() {
        let basis = |compiler: &str| Basis {
            compiler: compiler.to_owned(),
            architecture: "x86_64".to_owned(),
            libc: "glibc 2.36".to_owned(),
        };
        assert_eq!(basis("1").difference(&basis("1")), None);
        let said = basis("1").difference(&basis("2"));
        assert_eq!(said.as_deref(), Some("recorded with 1, counted with 2"));
    }
}
