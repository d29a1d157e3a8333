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

use args::Args;
use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let json = args.global.json;
    let done = match log::init(&args) {
        Ok(()) => commands::run(args).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            output::error(&error, json);
            exit_code::of(error.kind())
        }
    }
}
