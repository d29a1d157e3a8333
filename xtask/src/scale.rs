//! `cargo xtask scale`: many tenants on one machine, as their users see them.
//!
//! Not a test, since it takes minutes and gigabytes; it fails, though, when anything is not as promised.

use crate::{pgbench::finished, stage::Stage};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeSet,
    process::{Child, ExitCode},
    time::{Duration, Instant},
};

/// Make many tenants, run some, and hold many sessions through the one port for a while
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many tenants to make
    #[arg(long, default_value_t = 200)]
    tenants: usize,
    /// How many of them to run
    #[arg(long, default_value_t = 30)]
    running: usize,
    /// How many sessions to hold at one time, spread over the running ones
    #[arg(long, default_value_t = 500)]
    sessions: usize,
    /// For how long
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let names: Vec<_> = (1..=self.tenants)
            .map(|number| format!("t{number:04}"))
            .collect();
        let stage = Stage::set_up(&["--release"], names.clone())?;
        let running = names
            .get(..self.running)
            .context("more are to run than are made")?;
        create(&stage, &names, self.running)?;
        list(&stage, self.tenants)?;
        let proxy = stage.serve()?;
        routed_apart(&stage, running)?;
        self.hold_sessions(&stage, running)?;
        drop(proxy);
        stage.strike()?;
        println!(
            "All {} tenants were as promised, and are gone again.",
            self.tenants
        );
        Ok(ExitCode::SUCCESS)
    }

    fn hold_sessions(&self, stage: &Stage, running: &[String]) -> Result<()> {
        let each = self.sessions.div_ceil(running.len());
        let held = each * running.len();
        println!(
            "{held} sessions for {} s, {each} on each of {} tenants:",
            self.seconds,
            running.len()
        );
        let script = stage.file("select-1.sql", "select 1;\n")?;
        let clients = running.iter().map(|tenant| {
            stage
                .pgbench(tenant, each, self.seconds, &script)
                .spawn()
                .map_err(Into::into)
        });
        let clients = clients.collect::<Result<Vec<Child>>>()?;
        let mut transactions = 0;
        for client in clients {
            transactions += finished(client)?;
        }
        println!("  {transactions} queries, none failed");
        Ok(())
    }
}

/// Creates every tenant; those that are not to run are stopped right away.
fn create(stage: &Stage, names: &[String], running: usize) -> Result<()> {
    let mut times = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let begun = Instant::now();
        stage.pgs_quietly(&[
            "create",
            name,
            "--password-file",
            stage.password_file(),
            "--enable",
        ])?;
        times.push(begun.elapsed());
        if index >= running {
            stage.pgs_quietly(&["stop", "--tenant", name])?;
        }
    }
    times.sort();
    let at = |share: usize| {
        times
            .get(times.len().saturating_sub(1) * share / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{} tenants created, {running} of them running: create p50 {:?}, p99 {:?}",
        names.len(),
        at(50),
        at(99)
    );
    Ok(())
}

fn list(stage: &Stage, tenants: usize) -> Result<()> {
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        let listed = stage.pgs_quietly(&["list"])?;
        fastest = fastest.min(begun.elapsed());
        ensure!(
            listed.lines().count() == tenants + 1,
            "pgs list does not show every tenant"
        );
    }
    println!("pgs list: {fastest:?}, the fastest of 5");
    Ok(())
}

/// Asks every running tenant through the port who it is: as many answers as tenants.
fn routed_apart(stage: &Stage, running: &[String]) -> Result<()> {
    let mut systems = BTreeSet::new();
    for name in running {
        let output = stage
            .psql_silent(
                name,
                "select current_user, system_identifier from pg_control_system()",
            )
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let (user, system) = said
            .split_once('|')
            .with_context(|| format!("{name} does not answer: {output:?}"))?;
        ensure!(user == name, "{name} was taken for {user}");
        systems.insert(system.to_owned());
    }
    ensure!(systems.len() == running.len(), "two tenants share a server");
    println!(
        "{} tenants, {} different servers behind the one port",
        running.len(),
        systems.len()
    );
    Ok(())
}
