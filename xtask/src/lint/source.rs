//! The files that are in git, as lines to look at.

use std::fs;

use anyhow::{Result, bail};

use crate::shell;
use crate::workspace::Workspace;

/// A text file that git tracks.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

impl Source {
    /// The tracked text files that match one of git's path patterns; "." is all of them.
    pub(super) fn tracked(workspace: &Workspace, pattern: &str) -> Result<Vec<Self>> {
        let list = shell::read(
            workspace
                .command("git")
                .args(["ls-files", "-z", "--", pattern]),
        )?;
        let paths = list.split_terminator('\0');
        Ok(paths
            .filter_map(|path| Self::read(workspace, path))
            .collect())
    }

    /// `None` for what is not text, or is deleted but not yet committed so.
    fn read(workspace: &Workspace, path: &str) -> Option<Self> {
        let text = fs::read_to_string(workspace.root.join(path)).ok()?;
        Some(Self {
            path: path.to_owned(),
            text,
        })
    }
}

/// Fails with every offending line, as `path:line: complaint`.
pub(super) fn complain(
    sources: &[Source],
    complaint: impl Fn(&str) -> Option<String>,
) -> Result<()> {
    let mut found = Vec::new();
    for Source { path, text } in sources {
        let lines = text.lines().enumerate();
        found.extend(lines.filter_map(|(index, line)| {
            Some(format!("{path}:{}: {}", index + 1, complaint(line)?))
        }));
    }
    if !found.is_empty() {
        bail!("{}", found.join("\n"));
    }
    Ok(())
}
