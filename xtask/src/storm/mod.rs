//! `cargo xtask storm`: what a tenant's clients feel while others do their worst to the same proxy.
//!
//! docs/guides/limits.md quotes a run and tells how to read it.

mod attack;
mod helper_program;
mod report;
mod samples;
mod watch;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::shell;
use crate::stage::{Proxy, Stage};
use attack::{Attack, CALM, FULL, STARTING};
use helper_program::Helper;
use report::{Report, Storm};
use samples::Samples;
use watch::{Watch, resident_kib};

/// Compare a tenant's latency in a calm proxy with the same while it is attacked, phase by phase
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often every storm comes
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each phase is, in seconds
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Only these storms, by parts of their names
    #[arg(long)]
    only: Vec<String>,
    /// Without optimisation: enough to see that the storms work and nothing fails, not to believe the numbers
    #[arg(long)]
    debug: bool,
    /// Also write all numbers to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let tenants = [CALM, STARTING, FULL].map(str::to_owned).to_vec();
        let flags: &[_] = if self.debug { &[] } else { &["--release"] };
        let stage = Stage::set_up(flags, tenants)?;
        let program = helper_program::build(flags)?;
        create_tenants(&stage)?;
        let proxy = stage.serve()?;
        let helper = Helper::new(program, &stage);
        let report = self.measure(&stage, &helper, &proxy)?;
        drop(proxy);
        stage.strike()?;
        println!("\n{}", report.tables());
        if let Some(path) = &self.json {
            // Thousands of times, each of which would be a line.
            let json = serde_json::to_string(&report)? + "\n";
            fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn measure(&self, stage: &Stage, helper: &Helper, proxy: &Proxy) -> Result<Report> {
        // What is done for the first time is not counted.
        helper.witness(self.seconds)?;
        let mut report = Report::begin(self.rounds, self.seconds, date()?);
        report.resident_before_kib = resident_kib(proxy.id())?;
        let mut storms: Vec<_> = self.attacks().map(Storm::expected).collect();
        for round in 1..=self.rounds {
            for storm in &mut storms {
                println!("round {round}: {}", storm.name());
                report.calm.push(helper.witness(self.seconds)?);
                self.endure(storm, stage, helper, proxy)?;
            }
        }
        report.calm.push(helper.witness(self.seconds)?);
        report.resident_after_kib = resident_kib(proxy.id())?;
        report.storms = storms;
        Ok(report)
    }

    fn endure(
        &self,
        storm: &mut Storm,
        stage: &Stage,
        helper: &Helper,
        proxy: &Proxy,
    ) -> Result<()> {
        let watch = Watch::over(proxy.id());
        let attack = storm.attack.begin(stage, helper, self.seconds)?;
        let during = helper.witness(self.seconds)?;
        let said = attack.end()?;
        let after = helper.witness(AFTER)?;
        println!("  {said}");
        storm.add(during, after, watch.end(), said);
        Ok(())
    }

    fn attacks(&self) -> impl Iterator<Item = Attack> {
        let is_wanted = |attack: &Attack| {
            self.only.is_empty() || self.only.iter().any(|part| attack.name().contains(part))
        };
        Attack::ALL.into_iter().filter(is_wanted)
    }
}

fn create_tenants(stage: &Stage) -> Result<()> {
    for (tenant, connections) in [(CALM, "100"), (STARTING, "100"), (FULL, "1100")] {
        let setting = format!("max_connections={connections}");
        let password = ["--password-file", stage.password_file(), "--enable"];
        let create = [&["create", tenant, "--set", &setting][..], &password].concat();
        stage.pgs_quietly(&create)?;
    }
    Ok(())
}

fn date() -> Result<String> {
    let date = shell::read(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]))?;
    Ok(date.trim().to_owned())
}

/// Seconds right after a storm.
const AFTER: f64 = 2.0;
