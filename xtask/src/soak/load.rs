use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::trouble::Trouble;
use super::{SCRIPT, STEADY};
use crate::pgbench::finished;
use crate::stage::{PASSWORD, Stage};
use crate::workspace::Workspace;

/// The program of the clients that are not PostgreSQL's.
pub(super) struct Helper(PathBuf);

/// What the clients of a round did, by name.
pub(super) type Counts = BTreeMap<String, u64>;

/// The clients of one round, none of whom may fail.
pub(super) struct Load {
    connecting: Child,
    asking: Child,
    others: Child,
}

impl Helper {
    pub(super) fn build(flags: &[&str]) -> Result<Self> {
        let program = Workspace::load()?.build_helper("soak-helper", flags)?;
        Ok(Self(program))
    }

    fn begin(&self, stage: &Stage, seconds: u64) -> Result<Child> {
        let mut command = Command::new(&self.0);
        command.args(["--target", &stage.address().to_string()]);
        command.args(["--tenant", STEADY, "--password", PASSWORD]);
        command.args(["--seconds", &seconds.to_string()]);
        for door in [STEADY, "nobody", "somebody.nobody"] {
            command.args(["--doors", door]);
        }
        for trouble in Trouble::ALL {
            command.args(["--restless", trouble.tenant]);
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().context("the helper cannot be run")
    }
}

impl Load {
    pub(super) fn begin(stage: &Stage, helper: &Helper, seconds: u64) -> Result<Self> {
        let script = stage.state_dir().join(SCRIPT);
        let mut connecting = stage.pgbench(STEADY, 2, seconds, &script);
        let mut asking = stage.client("pgbench", STEADY);
        asking.args(["--no-vacuum", "--select-only", "--protocol", "prepared"]);
        asking.args(["--client", "4", "--time", &seconds.to_string(), STEADY]);
        asking.stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Self {
            connecting: connecting.arg("--connect").spawn()?,
            asking: asking.spawn()?,
            others: helper.begin(stage, seconds)?,
        })
    }

    pub(super) fn end(self) -> Result<Counts> {
        let connections = finished(self.connecting).context("with new connections")?;
        let queries = finished(self.asking).context("with prepared statements")?;
        let others = self.others.wait_with_output()?;
        let said = String::from_utf8_lossy(&others.stderr);
        ensure!(others.status.success(), "the other clients failed: {said}");
        let mut counts: Counts = serde_json::from_slice(&others.stdout)?;
        counts.insert("connections".to_owned(), connections);
        counts.insert("queries".to_owned(), queries);
        Ok(counts)
    }
}
