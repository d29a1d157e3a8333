//! The `pgs` command: one port, one `PostgreSQL` server per tenant.
//!
//! A library, so that the packages of other languages bring the very same command.

mod access_file;
mod args;
mod commands;
mod exit_code;
#[cfg(feature = "kill-points")]
mod kill_point;
mod log;
mod output;
mod program;
mod progress;
mod session;
mod stop_signal;
mod unhurried;

pub use exit_code::ExitCode;
pub use program::Program;

use args::Args;
use clap::Parser;
use pgs::{Error, Result};
use std::{ffi::OsString, iter::once};

/// Runs the command on a runtime of its own, with this process's streams, signals and environment, and tells how it
/// should end.
///
/// For a program that is this command and nothing else: it sets the process's log, and some commands replace the process.
pub fn run(program: &Program) -> ExitCode {
    let name = once(OsString::from("pgs"));
    match Args::try_parse_from(name.chain(program.arguments().iter().cloned())) {
        Ok(args) => run_parsed(args, program),
        Err(told) => {
            // Help and the version are such errors too. Nobody is left to tell if they cannot be written.
            let _ = told.print();
            ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2))
        }
    }
}

fn run_parsed(args: Args, program: &Program) -> ExitCode {
    let json = args.global.json;
    // The log is begun on the runtime, since a file that is opened again waits for a signal.
    let done = runtime().and_then(|runtime| {
        runtime.block_on(async {
            let _log = log::init(&args)?;
            commands::run(args, program).await
        })
    });
    done.unwrap_or_else(|error| {
        output::error(&error, json);
        exit_code::of(error.kind())
    })
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new()
        .map_err(|cause| Error::io("the threads of the command cannot be started", cause))
}
