//! The part of `cargo xtask bench` that must be optimised code: the relay of pgs without its catalogue, a server that
//! only answers, clients that only connect or copy, and tenants that are only known.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "cargo xtask bench reads what this prints"
)]

mod backend;
mod client;
mod connects;
mod copy;
mod hold;
mod proxy;
mod target;
mod tenants;
mod tls;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Helper::parse() {
        Helper::Proxy(args) => args.run().await,
        Helper::Backend(args) => args.run().await,
        Helper::Connects(args) => args.run().await,
        Helper::Copy(args) => args.run().await,
        Helper::Hold(args) => args.run().await,
        Helper::Tenants(args) => args.run().await,
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
    /// Copy rows out of a server or into it
    Copy(copy::Args),
    /// Connect many times, ask one query each, and stay until standard input ends
    Hold(hold::Args),
    /// Make a catalogue know this many tenants
    Tenants(tenants::Args),
}
