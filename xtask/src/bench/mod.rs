//! `cargo xtask bench`: how fast pgs is and what it costs, beside what else could stand in its place.
//!
//! docs/guides/performance.md tells how to read it.

mod daemon;
mod memory;
mod peer;
mod product;
mod report;
mod series;
mod server;
mod site;
mod workload;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::shell;
use peer::Peer;
use product::Product;
use report::Report;
use series::{Effort, Series};
use server::Server;
use site::Site;
use workload::{CONNECTS, RECONNECT, SMALL_1, SMALL_8, TPC_B, Workload};

/// Compare pgs with HAProxy, PgBouncer and no proxy at all, side by side
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A look in two minutes, too short to believe small differences
    #[arg(long)]
    quick: bool,
    /// How often every peer has its turn [default: 5, or 2 with --quick]
    #[arg(long)]
    rounds: Option<usize>,
    /// Also write all numbers of all rounds to this file
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        let site = Site::set_up()?;
        let report = measure(&site, self.effort())?;
        println!("\n{}", report.tables());
        println!(
            "The A/A pair was up to {:.0} % apart in a round: believe no difference smaller than that.",
            report.noise() * 100.0
        );
        if let Some(path) = &self.json {
            let json = serde_json::to_string_pretty(&report)? + "\n";
            fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn effort(&self) -> Effort {
        let effort = if self.quick { QUICK } else { FULL };
        Effort {
            rounds: self.rounds.unwrap_or(effort.rounds).max(1),
            ..effort
        }
    }
}

fn measure(site: &Site, effort: Effort) -> Result<Report> {
    let date = shell::read(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]))?;
    let mut workloads = in_front_of_postgresql(site, effort)?;
    let fake = Server::fake(site)?;
    let peers = peer::all(site, &fake)?;
    workloads.push(Series::play(&CONNECTS, site, &peers, effort)?);
    drop(peers);
    Ok(Report {
        date: date.trim().to_owned(),
        versions: site.versions().into_iter().collect::<BTreeMap<_, _>>(),
        architecture: std::env::consts::ARCH,
        processors: std::thread::available_parallelism()?.get(),
        effort,
        workloads,
        idle_session_kib: memory::measure(site, &fake, effort)?,
        product: in_front_of_a_tenant(site, effort)?,
    })
}

fn in_front_of_postgresql(site: &Site, effort: Effort) -> Result<Vec<Series>> {
    let server = Server::postgresql(site)?;
    let peers = peer::all(site, &server)?;
    server.create_database(site)?;
    fill(site, &peers)?;
    play_all(
        &[&SMALL_8, &SMALL_1, &TPC_B, &RECONNECT],
        site,
        &peers,
        effort,
    )
}

fn play_all(
    workloads: &[&Workload],
    site: &Site,
    peers: &[Peer],
    effort: Effort,
) -> Result<Vec<Series>> {
    workloads
        .iter()
        .map(|workload| Series::play(workload, site, peers, effort))
        .collect()
}

/// Makes pgbench's tables, as anybody would who comes in by the first of these ways.
fn fill(site: &Site, peers: &[Peer]) -> Result<()> {
    let first = peers.first().context("there is no way in")?;
    println!("making pgbench's tables");
    let mut pgbench = first.libpq(site, "pgbench");
    pgbench.args(["-i", "-q", "-s", SCALE, "bench"]);
    shell::read(&mut pgbench).map(drop)
}

fn in_front_of_a_tenant(site: &Site, effort: Effort) -> Result<Vec<Series>> {
    let product = Product::set_up(site)?;
    fill(site, &product.peers)?;
    play_all(&[&SMALL_8, &RECONNECT], site, &product.peers, effort)
}

/// More branches than clients, so that they seldom wait for each other's rows.
const SCALE: &str = "10";
const QUICK: Effort = Effort {
    rounds: 2,
    seconds: 1,
    idle_sessions: 1000,
    idle_rounds: 1,
};
const FULL: Effort = Effort {
    rounds: 5,
    seconds: 3,
    idle_sessions: 3000,
    idle_rounds: 3,
};
