use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::Language;
use crate::setup;
use crate::shell;
use crate::test::Tally;
use crate::workspace::Workspace;

/// npm's `@sysnee/pgs`.
pub(super) struct Node;

impl Node {
    fn folder(workspace: &Workspace) -> PathBuf {
        workspace.root.join("bindings/node")
    }

    fn npm(workspace: &Workspace, args: &[&str]) -> Command {
        let mut npm = Command::new("npm");
        npm.args(args).current_dir(Self::folder(workspace));
        npm
    }
}

impl Language for Node {
    fn name(&self) -> &'static str {
        "node"
    }

    fn ground(&self) -> Result<()> {
        setup::node()?;
        let version = shell::read(Command::new("node").arg("--version"))?;
        let major = version.trim().trim_start_matches('v').split('.').next();
        let major: u32 = major.and_then(|major| major.parse().ok()).unwrap_or(0);
        if major < OLDEST {
            bail!(
                "Node {OLDEST} or newer is needed, this is {}",
                version.trim()
            );
        }
        Ok(())
    }

    fn prepare(&self, workspace: &Workspace) -> Result<()> {
        shell::run(&mut Self::npm(
            workspace,
            &["ci", "--silent", "--no-audit", "--no-fund"],
        ))
    }

    fn build(&self, workspace: &Workspace) -> Result<()> {
        shell::run(&mut Self::npm(workspace, &["run", "--silent", "build"]))
    }

    fn check_generated(&self, workspace: &Workspace) -> Result<()> {
        unchanged(&workspace.root, "bindings/node", "npm run build")
    }

    fn document(&self, workspace: &Workspace) -> Result<()> {
        let mut npm = Self::npm(workspace, &["run", "--silent", "docs", "--", "--out"]);
        shell::run(npm.arg(workspace.target.join("packages/api/node")))
    }

    fn suite(&self, workspace: &Workspace) -> Command {
        Self::npm(workspace, &["test"])
    }

    /// `# pass 12` of the TAP reporter, `ℹ pass 12` of the one for terminals.
    fn counts(&self, line: &str) -> Option<Tally> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [mark, what, number] = words.as_slice() else {
            return None;
        };
        if !matches!(*mark, "#" | "ℹ") {
            return None;
        }
        let number = number.parse().ok()?;
        match *what {
            "pass" => Some(Tally {
                passed: number,
                failed: 0,
            }),
            "fail" | "cancelled" => Some(Tally {
                passed: 0,
                failed: number,
            }),
            _ => None,
        }
    }

    fn pack(&self, workspace: &Workspace) -> Result<()> {
        shell::run(&mut Self::npm(workspace, &["run", "pack:release"]))
    }
}

/// Fails if git sees a difference below this folder, or a file there that was made and not committed.
fn unchanged(root: &Path, folder: &str, command: &str) -> Result<()> {
    let mut git = Command::new("git");
    git.args([
        "status",
        "--porcelain",
        "--untracked-files=all",
        "--",
        folder,
    ]);
    let changed = shell::read(git.current_dir(root))?;
    if !changed.trim().is_empty() {
        bail!(
            "generated files differ from their sources; run `{command}` in {folder} and commit:\n{}",
            changed.trim_end()
        );
    }
    Ok(())
}

const OLDEST: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_made_file_that_is_not_committed_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let git = |args: &[&str]| shell::read(Command::new("git").args(args).current_dir(root));
        git(&["init", "--quiet"]).unwrap();
        fs::create_dir(root.join("package")).unwrap();
        fs::write(root.join(".gitignore"), "*.node\n").unwrap();
        fs::write(root.join("package/ignored.node"), "").unwrap();
        let unchanged = || unchanged(root, "package", "npm run build");
        unchanged().unwrap();
        fs::write(root.join("package/made.js"), "").unwrap();
        let noticed = unchanged().unwrap_err().to_string();
        assert!(noticed.contains("package/made.js"), "{noticed}");
    }

    #[test]
    fn counts_of_both_reporters() {
        let counts = |line| Node.counts(line).map(|tally| (tally.passed, tally.failed));
        assert_eq!(counts("# pass 12"), Some((12, 0)));
        assert_eq!(counts("ℹ fail 2"), Some((0, 2)));
        assert_eq!(counts("# cancelled 1"), Some((0, 1)));
        assert_eq!(counts("# skipped 1"), None);
        assert_eq!(counts("a pass 12"), None);
    }
}
