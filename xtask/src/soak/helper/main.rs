//! The clients of `cargo xtask soak` that no program of PostgreSQL's is: bulk in both directions that is compared, statements
//! that are cancelled, and strangers.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "cargo xtask soak reads what this prints"
)]

mod cancels;
mod copies;
mod house;
#[path = "../../storm/helper/origin.rs"]
mod origin;
mod strangers;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tokio::task::JoinSet;

use house::House;

#[tokio::main]
async fn main() -> ExitCode {
    match run(House::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(house: House) -> Result<()> {
    let mut clients = JoinSet::new();
    for number in 0..2 {
        clients.spawn(copies::copy_until(house.clone(), number));
        clients.spawn(cancels::cancel_until(house.clone()));
    }
    clients.spawn(strangers::guess_until(house.clone()));
    clients.spawn(strangers::hang_up_until(house));
    let mut counts = serde_json::Map::new();
    while let Some(client) = clients.join_next().await {
        for (name, count) in client?? {
            let sum = counts.entry(name).or_insert(0.into());
            *sum = (sum.as_u64().unwrap_or_default() + count).into();
        }
    }
    println!("{}", serde_json::Value::Object(counts));
    Ok(())
}
