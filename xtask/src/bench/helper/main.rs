//! The part of `cargo xtask bench` that must be optimised code: the relay of pgs without its catalogue, a server that
//! only answers, and clients that only connect.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "cargo xtask bench reads what this prints"
)]

mod backend;
mod client;
mod connects;
mod hold;
mod proxy;
mod target;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Helper::parse() {
        Helper::Proxy(args) => args.run().await,
        Helper::Backend(args) => args.run().await,
        Helper::Connects(args) => args.run().await,
        Helper::Hold(args) => args.run().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Helper of `cargo xtask bench`
#[derive(Debug, Parser)]
enum Helper {
    /// The relay of pgs in front of one server
    Proxy(proxy::Args),
    /// A server that lets everybody in and answers every query with one row
    Backend(backend::Args),
    /// Connect, ask one query, go; over and over
    Connects(connects::Args),
    /// Connect many times, ask one query each, and stay until standard input ends
    Hold(hold::Args),
}
