//! `cargo xtask test`: sets up what the tests need, runs them all, and counts what could not run here.

mod runner;
mod skips;
mod tally;

use std::process::ExitCode;

use anyhow::Result;

use crate::packages;
use crate::setup::{self, Need};
use crate::workspace::Workspace;
use runner::Runner;
use skips::Skips;
pub(crate) use tally::Tally;

/// Set up and run every test; the last line is `N passed, N failed, N skipped`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Fail where no Docker Engine can be had, instead of skipping the tests that need one
    #[arg(long)]
    require_docker: bool,
    /// Fail where the tools of the packages of other languages cannot be had, instead of skipping their tests
    #[arg(long)]
    require_packages: bool,
    /// Handed to the test runner, after `--`: a filter, `-p <crate>`; leaves out the examples in the documentation and the
    /// packages of other languages
    #[arg(last = true, value_name = "ARGS")]
    of_the_runner: Vec<String>,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let workspace = Workspace::load()?;
        let peers = setup::tests(need(self.require_docker))?;
        let skips = Skips::start(&workspace)?;
        let mut tally = Tally::default();
        for runner in Runner::all(&workspace, &self.of_the_runner) {
            tally += runner.run(&workspace, |command| {
                peers.announce(command);
                skips.announce(command);
            })?;
        }
        let mut skipped = skips.read()?;
        if self.of_the_runner.is_empty() {
            let packages = packages::test(&workspace, need(self.require_packages), |command| {
                peers.announce(command);
            })?;
            tally += packages.tally;
            skipped.extend(packages.skips);
        }
        for note in skips.notes()? {
            println!("{note}");
        }
        Ok(close(tally, &skipped))
    }
}

fn need(is_required: bool) -> Need {
    if is_required {
        Need::Required
    } else {
        Need::Optional
    }
}

fn close(Tally { passed, failed }: Tally, skips: &[String]) -> ExitCode {
    println!();
    for skip in skips {
        println!("{skip}");
    }
    println!("{passed} passed, {failed} failed, {} skipped", skips.len());
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
