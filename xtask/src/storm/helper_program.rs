use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::Samples;
use super::attack::CALM;
use crate::shell;
use crate::stage::{PASSWORD, Stage};
use crate::workspace::Workspace;

/// The program of those who make the storms, and of the witness.
pub(super) struct Helper {
    program: PathBuf,
    target: String,
}

/// Builds it with these flags; where it is.
pub(super) fn build(flags: &[&str]) -> Result<PathBuf> {
    Workspace::load()?.build_helper("storm-helper", flags)
}

impl Helper {
    /// Against the proxy on this stage.
    pub(super) fn new(program: PathBuf, stage: &Stage) -> Self {
        Self {
            program,
            target: stage.address().to_string(),
        }
    }

    /// What a client of a tenant that nobody attacks feels for so long.
    pub(super) fn witness(&self, seconds: f64) -> Result<Samples> {
        let mut command = Command::new(&self.program);
        command.args(["witness", "--target", &self.target, "--tenant", CALM]);
        command.args(["--password", PASSWORD, "--seconds", &seconds.to_string()]);
        let said = shell::read(&mut command)?;
        serde_json::from_str(&said).context("the witness said something else than its times")
    }

    /// Begins an attack. It has the processors only when nobody else wants them: what is to be seen is the proxy's
    /// burden, not the attackers'.
    pub(super) fn attacker(&self, args: &[&str]) -> Result<Child> {
        let mut command = Command::new("nice");
        command.args(["-n", "19"]).arg(&self.program).args(args);
        command.args(["--target", &self.target]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Ok(command.spawn()?)
    }
}
