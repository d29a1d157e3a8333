//! `cargo xtask test`: sets up what the tests need, runs them all, and counts what could not run here.

mod runner;
mod skips;
mod tally;

use std::process::ExitCode;

use anyhow::Result;

use crate::setup::{self, Need};
use crate::workspace::Workspace;
use runner::Runner;
use skips::Skips;
use tally::Tally;

/// Set up and run every test; the last line is `N passed, N failed, N skipped`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Fail where no Docker Engine can be had, instead of skipping the tests that need one
    #[arg(long)]
    require_docker: bool,
    /// Handed to the test runner, after `--`: a filter, `-p <crate>`; leaves out the examples in the documentation
    #[arg(last = true)]
    args: Vec<String>,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let workspace = Workspace::load()?;
        let peers = setup::tests(if self.require_docker {
            Need::Required
        } else {
            Need::Optional
        })?;
        let skips = Skips::start(&workspace)?;
        let mut tally = Tally::default();
        for runner in Runner::all(&workspace, &self.args) {
            tally += runner.run(&workspace, |command| {
                peers.announce(command);
                skips.announce(command);
            })?;
        }
        for note in skips.notes()? {
            println!("{note}");
        }
        Ok(close(tally, &skips.read()?))
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
