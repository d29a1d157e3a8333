//! pip, and the Python environment that the tests' other driver lives in.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::bundle::{self, Bundle};
use super::cache;
use super::outcome::Outcome;
use crate::shell;

/// A pip command line to add to.
pub(super) fn pip() -> Result<Command> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--disable-pip-version-check"]);
    if !shell::succeeds(Command::new("python3").args(["-m", "pip", "--version"])) {
        bail!(
            "pip is missing: run `apt-get install python3 python3-pip`, or your system's equivalent"
        );
    }
    Ok(pip)
}

/// One that works on this virtual environment, whether that has a pip or not.
pub(super) fn pip_into(venv: &Path) -> Result<Command> {
    let mut pip = pip()?;
    let python = fs::canonicalize(venv)?.join(PYTHON);
    pip.arg("--python").arg(python);
    Ok(pip)
}

/// Runs a `pip install` of these requirements.
pub(super) fn install(pip: &mut Command, requirements: &str) -> Result<()> {
    pip.args(["--root-user-action=ignore", "--requirement", "/dev/stdin"])
        .stdin(Stdio::piped());
    println!("+ {}", shell::line(pip));
    let mut child = pip.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(requirements.as_bytes())?;
    }
    let status = child.wait()?;
    if !status.success() {
        bail!(
            "pip failed: {status}; see what it said above, and check that it can reach its package index"
        );
    }
    Ok(())
}

/// Answers the Python that has psycopg.
pub(super) fn ensure_peers() -> Result<(PathBuf, Outcome)> {
    let dir = cache::place("venv")?;
    let state = bundle::ensure(&Peers, &dir)?;
    let python = dir.join(PYTHON);
    let outcome = state.of(&python);
    Ok((python, outcome))
}

struct Peers;

impl Bundle for Peers {
    fn stamp(&self) -> &str {
        REQUIREMENTS
    }

    /// Debian's Python cannot put pip into a venv without one more package, so the pip outside fills it.
    fn build(&self, dir: &Path) -> Result<()> {
        shell::run(
            Command::new("python3")
                .args(["-m", "venv", "--without-pip"])
                .arg(dir),
        )?;
        let mut install = pip_into(dir)?;
        install.args(["install", "--quiet", "--no-deps", "--only-binary=:all:"]);
        self::install(&mut install, REQUIREMENTS)
    }

    fn check(&self, dir: &Path) -> Result<()> {
        let question = "import psycopg; print(psycopg.pq.version())";
        let answer = shell::read(Command::new(dir.join(PYTHON)).args(["-c", question]))?;
        let libpq: u32 = answer
            .trim()
            .parse()
            .with_context(|| format!("libpq said its version is `{answer}`"))?;
        if libpq / 10_000 < 18 {
            bail!("psycopg came with libpq {libpq}; the tests need 18");
        }
        Ok(())
    }
}

const REQUIREMENTS: &str = include_str!("requirements/peers.txt");
const PYTHON: &str = "bin/python";
