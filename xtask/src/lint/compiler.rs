//! What cargo's own tools check.

use anyhow::Result;

use crate::shell;
use crate::workspace::Workspace;

pub(super) fn format(workspace: &Workspace) -> Result<()> {
    shell::run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

/// The fuzz crate stays out of `--all-features`: its feature links libFuzzer, a C++ program.
pub(super) fn clippy(workspace: &Workspace) -> Result<()> {
    let mut clippy = workspace.cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--all-features"]);
    if workspace.package(FUZZ).is_some() {
        clippy.args(["--exclude", FUZZ]);
    }
    shell::run(clippy.args(["--", "-D", "warnings"]))
}

pub(super) fn clippy_fuzz(workspace: &Workspace) -> Result<()> {
    if workspace.package(FUZZ).is_none() {
        return Ok(());
    }
    shell::run(workspace.cargo().args([
        "clippy",
        "-p",
        FUZZ,
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

/// In two runs, because the library `pgs` and the command `pgs` have pages of the same name.
pub(super) fn documentation(workspace: &Workspace) -> Result<()> {
    for targets in ["--bins", "--lib"] {
        let mut doc = workspace.cargo();
        doc.args(["doc", "--workspace", "--no-deps", targets])
            .env("RUSTDOCFLAGS", "-D warnings");
        shell::run(&mut doc)?;
    }
    Ok(())
}

const FUZZ: &str = "pgs-fuzz";
