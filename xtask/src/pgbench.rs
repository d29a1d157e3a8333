//! `pgbench` as a load of which nothing may fail.

use crate::stage::Stage;
use anyhow::{Context, Result, ensure};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

/// The number of transactions of a pgbench run in which nothing failed.
pub(crate) fn finished(client: Child) -> Result<u64> {
    let output = client.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "pgbench failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let value = |key: &str| said.lines().find_map(|line| line.strip_prefix(key));
    let done =
        value("number of transactions actually processed: ").context("pgbench did not count")?;
    let done = done
        .parse()
        .with_context(|| format!("pgbench counted `{done}`"))?;
    // It counts no failures where it came to nothing.
    if done > 0 {
        let failed =
            value("number of failed transactions: ").context("pgbench counts otherwise")?;
        ensure!(failed.starts_with("0 "), "transactions failed: {failed}");
    }
    Ok(done)
}

impl Stage {
    /// Not started yet; these sessions of a tenant run the script for as long.
    pub(crate) fn pgbench(
        &self,
        tenant: &str,
        sessions: usize,
        seconds: u64,
        script: &Path,
    ) -> Command {
        let (sessions, seconds) = (sessions.to_string(), seconds.to_string());
        let mut pgbench = self.client("pgbench", tenant);
        pgbench
            .args([
                "--no-vacuum",
                "--client",
                &sessions,
                "--time",
                &seconds,
                "--file",
            ])
            .arg(script)
            .arg(tenant)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        pgbench
    }
}
