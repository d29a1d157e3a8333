//! `cargo xtask lint`: every rule of this project that a program can check.

mod arrows;
mod compiler;
mod purity;
mod source;
mod words;

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

/// Check the format, the compiler's lints, the documentation and the house rules
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

impl Args {
    #[expect(
        clippy::unused_self,
        reason = "every verb is run the same way; this one has no flags"
    )]
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let workspace = Workspace::load()?;
        let failed = CHECKS
            .iter()
            .filter(|check| !check.holds(&workspace))
            .count();
        if failed > 0 {
            println!("{failed} of {} checks failed", CHECKS.len());
            return Ok(ExitCode::FAILURE);
        }
        println!("all {} checks passed", CHECKS.len());
        Ok(ExitCode::SUCCESS)
    }
}

struct Check {
    rule: &'static str,
    run: fn(&Workspace) -> Result<()>,
}

impl Check {
    fn holds(&self, workspace: &Workspace) -> bool {
        match (self.run)(workspace) {
            Ok(()) => println!("  ok      {}", self.rule),
            Err(error) => {
                println!("  FAILED  {}\n{error:#}", self.rule);
                return false;
            }
        }
        true
    }
}

/// The quick ones first.
const CHECKS: [Check; 8] = [
    Check {
        rule: "crates depend on each other in one direction",
        run: arrows::check,
    },
    Check {
        rule: "pgs-core has no sockets, processes or clock",
        run: purity::check,
    },
    Check {
        rule: "no file names a place on somebody's machine or a registry's host",
        run: words::places,
    },
    Check {
        rule: "every note of work to do names its issue",
        run: words::notes,
    },
    Check {
        rule: "the code is formatted",
        run: compiler::format,
    },
    Check {
        rule: "clippy has nothing to say",
        run: compiler::clippy,
    },
    Check {
        rule: "clippy has nothing to say about the fuzz targets' code",
        run: compiler::clippy_fuzz,
    },
    Check {
        rule: "the documentation builds",
        run: compiler::documentation,
    },
];
