//! The `pgs` command: one port, one `PostgreSQL` server per tenant.

mod args;
mod commands;
mod exit_code;
#[cfg(feature = "kill-points")]
mod kill_point;
mod output;
mod progress;
mod session;

use args::Args;
use clap::Parser;
use std::{io::IsTerminal, process::ExitCode};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    init_log(&args);
    let json = args.global.json;
    match commands::run(args).await {
        Ok(code) => code,
        Err(error) => {
            output::error(&error, json);
            exit_code::of(error.kind())
        }
    }
}

/// `PGS_LOG` decides what is logged, else `-v`, else warnings only; `pgs serve` also says what it does.
fn init_log(args: &Args) {
    let default = match (args.global.verbose, args.is_serve()) {
        (0, false) => "warn",
        (0, true) | (1, _) => "info",
        (2, _) => "debug",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("PGS_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    if args.global.json {
        log.json().init();
    } else {
        log.init();
    }
}
