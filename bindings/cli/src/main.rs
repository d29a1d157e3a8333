//! The `pgs` command: one port, one `PostgreSQL` server per tenant.

mod access_file;
mod args;
mod commands;
mod exit_code;
#[cfg(feature = "kill-points")]
mod kill_point;
mod log;
mod output;
mod progress;
mod session;
mod unhurried;

use args::Args;
use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let json = args.global.json;
    let (done, _log) = match log::init(&args) {
        Ok(log) => (commands::run(args).await, log),
        Err(error) => (Err(error), Vec::new()),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            output::error(&error, json);
            exit_code::of(error.kind())
        }
    }
}
