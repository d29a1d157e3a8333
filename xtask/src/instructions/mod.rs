//! `cargo xtask instructions`: what parsing, routing and refusing cost in instructions, beside what they cost before.
//!
//! A count does not depend on what else the machine does. docs/guides/performance.md tells how to read it.

mod comparison;
mod program;
mod record;

use std::process::ExitCode;

use anyhow::Result;

use crate::setup;
use crate::workspace::Workspace;
use comparison::Comparison;
use program::Program;
use record::{Basis, Record};

/// Count the instructions of pgs-core's hot paths under valgrind, and fail where one grew by more than 5 %
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write these counts to pgs-core/benches/instructions.json, to compare with from now on
    #[arg(long)]
    record: bool,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let workspace = Workspace::load()?;
        setup::valgrind()?;
        let program = Program::build(&workspace)?;
        let seen = Record {
            basis: Basis::here()?,
            counts: program.counts()?,
        };
        let recorded = Record::read(&workspace)?;
        let comparison = Comparison::of(recorded.as_ref(), &seen);
        println!("\n{}", comparison.table());
        if self.record {
            seen.write(&workspace)?;
            return Ok(ExitCode::SUCCESS);
        }
        Ok(judge(&comparison))
    }
}

fn judge(comparison: &Comparison<'_>) -> ExitCode {
    if let Some(difference) = comparison.basis() {
        println!("Not comparable, so nothing fails: {difference}. `--record` begins anew.");
        return ExitCode::SUCCESS;
    }
    let grown: Vec<_> = comparison.grown().collect();
    if grown.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!(
        "These grew by more than {} %; make them smaller, or say why and `--record`: {}",
        comparison::TOLERANCE,
        grown.join("; ")
    );
    ExitCode::FAILURE
}
