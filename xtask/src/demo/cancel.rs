use crate::stage::Stage;
use anyhow::{Context, Result, ensure};
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// A query that would run for ten minutes, stopped by the cancel request that psql sends at Ctrl-C.
pub(crate) fn ctrl_c_stops_a_query(stage: &Stage) -> Result<()> {
    stage.headline("Ctrl-C in psql, a cancel request, finds its way to the right server");
    let sleeping = stage
        .psql_command("acme", "select pg_sleep(600)")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    wait_until_it_runs(stage)?;
    println!("^C");
    let interrupted = Command::new("kill")
        .args(["-INT", &sleeping.id().to_string()])
        .status()?;
    ensure!(interrupted.success(), "psql could not be interrupted");
    let output = sleeping.wait_with_output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    print!("{complaint}");
    ensure!(
        complaint.contains("canceling statement due to user request"),
        "the query was not cancelled"
    );
    Ok(())
}

fn wait_until_it_runs(stage: &Stage) -> Result<()> {
    let running = "select count(*) from pg_stat_activity where query = 'select pg_sleep(600)' and state = 'active'";
    let deadline = Instant::now() + Duration::from_mins(1);
    while stage.psql_quietly("acme", running)? != "1" {
        ensure!(
            Instant::now() < deadline,
            "the query did not begin within a minute"
        );
    }
    Ok(())
}

impl Stage {
    fn psql_quietly(&self, tenant: &str, sql: &str) -> Result<String> {
        let output = self
            .psql_silent(tenant, sql)
            .output()
            .context("psql cannot be run")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}
