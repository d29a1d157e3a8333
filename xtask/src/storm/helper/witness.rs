use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_postgres::{Client, Config, NoTls};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(long)]
    target: SocketAddr,
    #[arg(long)]
    tenant: String,
    #[arg(long)]
    password: String,
    #[arg(long)]
    seconds: f64,
}

impl Args {
    pub(crate) async fn run(self) -> Result<()> {
        let until = Instant::now() + Duration::from_secs_f64(self.seconds);
        let (connects, queries) = tokio::join!(self.connect_until(until), self.query_until(until));
        let ((connects, missed), (queries, unanswered)) = (connects, queries);
        println!(
            "{}",
            serde_json::json!({
                "connect_us": connects, "query_us": queries, "failed": missed + unanswered,
            })
        );
        Ok(())
    }

    /// From the first packet to the answer of the first query, in microseconds each; and how many failed.
    async fn connect_until(&self, until: Instant) -> (Vec<u64>, u64) {
        let (mut times, mut failed) = (Vec::new(), 0);
        let mut ticks = every(BETWEEN_CONNECTS);
        while Instant::now() < until {
            ticks.tick().await;
            let began = Instant::now();
            match timeout(LIMIT, self.ask_once()).await {
                Ok(Ok(_)) => times.push(micros(began)),
                _ => failed += 1,
            }
        }
        (times, failed)
    }

    async fn query_until(&self, until: Instant) -> (Vec<u64>, u64) {
        let (mut times, mut failed) = (Vec::new(), 0);
        let Ok(client) = self.ask_once().await else {
            return (times, 1);
        };
        let mut ticks = every(BETWEEN_QUERIES);
        while Instant::now() < until {
            ticks.tick().await;
            let began = Instant::now();
            match timeout(LIMIT, client.simple_query("SELECT 1")).await {
                Ok(Ok(_)) => times.push(micros(began)),
                _ => failed += 1,
            }
        }
        (times, failed)
    }

    async fn ask_once(&self) -> Result<Client> {
        let mut config = Config::new();
        let (host, port) = (self.target.ip().to_string(), self.target.port());
        config
            .host(&host)
            .port(port)
            .user(&self.tenant)
            .password(&self.password);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        client.simple_query("SELECT 1").await?;
        Ok(client)
    }
}

fn every(time: Duration) -> tokio::time::Interval {
    let mut ticks = interval(time);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Few enough not to be a load.
const BETWEEN_CONNECTS: Duration = Duration::from_millis(25);
const BETWEEN_QUERIES: Duration = Duration::from_millis(5);
const LIMIT: Duration = Duration::from_secs(30);
