//! The part of `cargo xtask integrity` that must be optimised code: a proxy, the servers behind it and the clients in front of
//! it, all of which know what should come out.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "cargo xtask integrity reads what this prints"
)]

mod client;
mod cuts;
mod encryption;
mod gateway;
mod order;
mod party;
mod pipes;
mod run;
mod server;
mod speech;
mod way;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match run::Args::parse().run().await {
        Ok(seen) => {
            println!("{seen}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
