//! Developer commands of pgs: `cargo xtask <verb>`.
//!
//! A verb is a module with an `Args` (its flags, its help) whose `run` does the work, and a line in `verbs!`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "talking to the developer is what these commands are for"
)]

mod bench;
mod demo;
mod fuzz;
mod instructions;
mod integrity;
mod lint;
mod packages;
mod pgbench;
mod regress;
mod scale;
mod setup;
mod shell;
mod soak;
mod stage;
mod storm;
mod takeover;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// The subcommands, each with its module.
macro_rules! verbs {
    ($($name:ident($module:ident)),* $(,)?) => {
        #[derive(Debug, clap::Subcommand)]
        enum Verb {
            $($name($module::Args)),*
        }

        impl Verb {
            fn run(&self) -> anyhow::Result<ExitCode> {
                match self {
                    $(Self::$name(args) => args.run()),*
                }
            }
        }
    };
}

verbs! {
    Demo(demo),
    Setup(setup),
    Lint(lint),
    Test(test),
    Packages(packages),
    Fuzz(fuzz),
    Bench(bench),
    Instructions(instructions),
    Scale(scale),
    Storm(storm),
    Integrity(integrity),
    Soak(soak),
    Takeover(takeover),
    Regress(regress),
}

fn main() -> ExitCode {
    Xtask::parse().verb.run().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Developer commands of pgs.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Xtask {
    #[command(subcommand)]
    verb: Verb,
}
