//! The part of `cargo xtask storm` that must be optimised code: those who make the storms, and the witness whose
//! connections must not feel them.
//!
//! An attacker says a line when it is under way, goes on until its standard input ends, and then says in JSON what it did.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "cargo xtask storm reads what this prints"
)]

mod arrivals;
mod crowd;
mod garbage;
mod origin;
mod slow_loris;
mod slow_readers;
mod until_told;
mod witness;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Helper::parse() {
        Helper::Witness(args) => args.run().await,
        Helper::SlowLoris(args) => args.run().await,
        Helper::Garbage(args) => args.run().await,
        Helper::Arrivals(args) => args.run().await,
        Helper::SlowReaders(args) => args.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Helper of `cargo xtask storm`
#[derive(Debug, Parser)]
enum Helper {
    /// Log in and ask over and over, and on an open session too, and tell how long each took
    Witness(witness::Args),
    /// Connections that send a byte a second, and come again when they are closed
    SlowLoris(slow_loris::Args),
    /// Connections that send nothing sensible
    Garbage(garbage::Args),
    /// Clients that begin a session and see what the proxy says
    Arrivals(arrivals::Args),
    /// Sessions that ask for much and read nothing of it
    SlowReaders(slow_readers::Args),
}
