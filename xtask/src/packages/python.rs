use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Language;
use crate::setup;
use crate::shell;
use crate::test::Tally;
use crate::workspace::Workspace;

/// `PyPI`'s `sysnee-pgs`.
pub(super) struct Python;

impl Python {
    fn folder(workspace: &Workspace) -> PathBuf {
        workspace.root.join("bindings/python")
    }

    fn venv(workspace: &Workspace) -> PathBuf {
        workspace.target.join("packages/venv")
    }

    fn python(workspace: &Workspace) -> Command {
        let mut python = Command::new(Self::venv(workspace).join("bin/python"));
        python.current_dir(Self::folder(workspace));
        python
    }

    /// A fresh folder with the wheel in it.
    fn wheel(workspace: &Workspace, folder: &str, profile: &str) -> Result<PathBuf> {
        let out = workspace.target.join("packages").join(folder);
        if out.exists() {
            fs::remove_dir_all(&out)?;
        }
        let mut maturin = Self::python(workspace);
        maturin.args([
            "-m",
            "maturin",
            "build",
            "--quiet",
            "--profile",
            profile,
            "--out",
        ]);
        shell::run(maturin.arg(&out))?;
        Self::only_in(&out)
    }

    fn only_in(folder: &Path) -> Result<PathBuf> {
        let entry = fs::read_dir(folder)?.next();
        Ok(entry.context("maturin made no wheel")??.path())
    }

    fn install(workspace: &Workspace, wheel: &Path) -> Result<()> {
        let mut pip = setup::pip_into(&Self::venv(workspace))?;
        pip.args(["install", "--quiet", "--no-deps", "--force-reinstall"]);
        shell::run(pip.arg(wheel))
    }
}

impl Language for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn ground(&self) -> Result<()> {
        let question = "import sys; print(sys.version_info >= (3, 10))";
        let answer = shell::read(Command::new("python3").args(["-c", question]))?;
        if answer.trim() != "True" {
            bail!("Python 3.10 or newer is needed");
        }
        Ok(())
    }

    fn prepare(&self, workspace: &Workspace) -> Result<()> {
        let venv = Self::venv(workspace);
        if !venv.join("bin/python").exists() {
            let mut python = Command::new("python3");
            python.args(["-m", "venv", "--without-pip"]);
            shell::run(python.arg(&venv))?;
        }
        let mut pip = setup::pip_into(&venv)?;
        pip.args(["install", "--quiet", "--requirement"]);
        shell::run(pip.arg(Self::folder(workspace).join("tests/requirements.txt")))
    }

    fn build(&self, workspace: &Workspace) -> Result<()> {
        let wheel = Self::wheel(workspace, DEV, "dev")?;
        Self::install(workspace, &wheel)
    }

    fn check_generated(&self, workspace: &Workspace) -> Result<()> {
        let mut generate = Command::new("python3");
        generate.args(["generate.py", "--check"]);
        shell::run(generate.current_dir(Self::folder(workspace)))
    }

    fn document(&self, workspace: &Workspace) -> Result<()> {
        let mut pdoc = Self::python(workspace);
        // Its other warnings are of what it has to guess, such as where a class took an attribute from.
        pdoc.args(["-W", "ignore::UserWarning", "-W", "error:Error"]);
        pdoc.args(["-m", "pdoc", "-o"]);
        pdoc.arg(workspace.target.join("packages/api/python"));
        shell::run(pdoc.args(["pgs", "pgs.blocking", "pgs.pytest_plugin"]))
    }

    fn suite(&self, workspace: &Workspace) -> Command {
        let mut pytest = Self::python(workspace);
        // Skips are told in full, for they are counted.
        pytest.args([
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-n",
            "2",
            "-p",
            "no:cacheprovider",
        ]);
        // For the tests of an installation in an empty place.
        if let Ok(wheel) = Self::only_in(&workspace.target.join("packages").join(DEV)) {
            pytest.env("PGS_TEST_WHEEL", wheel);
        }
        pytest
    }

    /// `= 45 passed, 1 failed, 2 skipped in 12.01s =`, with more `=` or none.
    fn counts(&self, line: &str) -> Option<Tally> {
        let line = line.trim_matches(|c| c == '=' || c == ' ');
        let (counts, time) = line.rsplit_once(" in ")?;
        if !time.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let mut tally = Tally::default();
        for count in counts.split(", ") {
            let (number, what) = count.split_once(' ')?;
            let number = number.parse::<u64>().ok()?;
            match what {
                "passed" => tally.passed += number,
                "failed" | "error" | "errors" => tally.failed += number,
                _ => {}
            }
        }
        Some(tally)
    }

    fn pack(&self, workspace: &Workspace) -> Result<()> {
        let wheel = Self::wheel(workspace, "python", "release")?;
        println!("packed {}", wheel.display());
        Ok(())
    }
}

/// The folder of the wheel that is tested.
const DEV: &str = "dev";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_the_last_line() {
        let counts = |line| {
            Python
                .counts(line)
                .map(|tally| (tally.passed, tally.failed))
        };
        assert_eq!(counts("45 passed in 12.01s"), Some((45, 0)));
        assert_eq!(
            counts("==== 1 failed, 45 passed, 2 skipped, 1 error in 61.20s (0:01:01) ===="),
            Some((45, 2))
        );
        assert_eq!(counts("tests/test_x.py::test_in_time 1 passed in it"), None);
        assert_eq!(counts("nothing"), None);
    }
}
