//! How many connections there can be in a second, and how long each takes.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::target::Target;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    #[arg(long)]
    clients: usize,
    #[arg(long)]
    seconds: f64,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let began = Instant::now();
        let until = began + Duration::from_secs_f64(self.seconds);
        let mut clients = JoinSet::new();
        for _ in 0..self.clients {
            clients.spawn(connect_until(self.target.clone(), until));
        }
        let mut times = Vec::new();
        while let Some(client) = clients.join_next().await {
            times.extend(client??);
        }
        let seconds = began.elapsed().as_secs_f64();
        times.sort_unstable();
        let answer = serde_json::json!({
            "count": times.len(),
            "seconds": seconds,
            "p50_us": percentile(&times, 50),
            "p99_us": percentile(&times, 99),
            "max_us": percentile(&times, 100),
        });
        println!("{answer}");
        Ok(())
    }
}

/// At least once. From the first packet to the answer of the first query, in microseconds each.
async fn connect_until(target: Target, until: Instant) -> Result<Vec<u128>> {
    let mut times = Vec::new();
    loop {
        let began = Instant::now();
        let mut client = Client::connect(&target).await.context("no session")?;
        client.query().await.context("no answer")?;
        times.push(began.elapsed().as_micros());
        client.quit().await.context("no goodbye")?;
        if Instant::now() >= until {
            return Ok(times);
        }
    }
}

fn percentile(sorted: &[u128], percent: usize) -> Option<u128> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get(last * percent / 100).copied()
}
