//! Sessions that do nothing.

use std::io::{Read, stdin};

use anyhow::{Context, Result};

use crate::client::Client;
use crate::target::Target;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    #[arg(long)]
    sessions: usize,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let mut held = Vec::with_capacity(self.sessions);
        for number in 0..self.sessions {
            let mut client = Client::connect(&self.target)
                .await
                .with_context(|| format!("no session after {number}"))?;
            client.query().await?;
            held.push(client);
        }
        println!("{}", held.len());
        tokio::task::spawn_blocking(|| stdin().read_to_end(&mut Vec::new())).await??;
        drop(held);
        Ok(())
    }
}
