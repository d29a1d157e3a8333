//! `cargo xtask bench`: how fast pgs is and what it costs, beside what else could stand in its place.
//!
//! docs/guides/performance.md tells how to read it.

mod bars;
mod bulk;
mod certificate;
mod daemon;
mod docker;
mod haproxy;
mod known;
mod memory;
mod peer;
mod plot;
mod product;
mod refusals;
mod report;
mod series;
mod server;
mod site;
mod workload;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::setup::Need;
use crate::shell;
use docker::{Engine, Findings};
use known::{FEW_KNOWN, KNOWN};
use peer::Peer;
use product::Product;
use report::{Proxies, Report};
use series::{Effort, Series};
use server::Server;
use site::Site;
use workload::{CONNECTS, RECONNECT, SMALL_1, SMALL_8, TPC_B, Workload};

/// Compare pgs with HAProxy, PgBouncer and no proxy at all, side by side
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A look at the proxies, or with --docker at an engine, in two minutes: too short to believe small differences
    #[arg(long)]
    quick: bool,
    /// How often every peer has its turn [default: 5, 20 for containers, 2000 for refusals; or 2, 2 and 300 with --quick]
    #[arg(long)]
    rounds: Option<usize>,
    /// Only what is measured on a Docker Engine; without this and without --quick, it is measured too where there is an engine
    #[arg(long)]
    docker: bool,
    /// Only what a stranger can tell by the clock when a login is refused
    #[arg(long, conflicts_with = "docker")]
    refusals: bool,
    /// How many tenants are held on the engine at one time [default: 50, or 10 with --quick]
    #[arg(long)]
    tenants: Option<usize>,
    /// Also write all numbers of all rounds to this file
    #[arg(long)]
    json: Option<PathBuf>,
    /// Measure nothing: draw the proxies' numbers in FILE.json, from an earlier run, as FILE.svg
    #[arg(long, value_name = "FILE.json", exclusive = true)]
    plot: Option<PathBuf>,
}

impl Args {
    pub(crate) fn run(&self) -> Result<ExitCode> {
        if let Some(run) = &self.plot {
            plot::draw(run)?;
            return Ok(ExitCode::SUCCESS);
        }
        let report = if self.docker {
            self.measure_docker()?
        } else if self.refusals {
            self.measure_refusals()?
        } else {
            self.measure_all()?
        };
        println!("\n{}", report.tables());
        for (what, noise) in report.noises() {
            println!(
                "The A/A pair {what} was up to {:.0} % apart in a round: believe no difference smaller than that.",
                noise * 100.0
            );
        }
        if let Some(path) = &self.json {
            let json = serde_json::to_string_pretty(&report)? + "\n";
            fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn measure_all(&self) -> Result<Report> {
        let site = Site::set_up()?;
        let engine = if self.quick {
            None
        } else {
            Engine::find(Need::Optional)?
        };
        let mut report = Report::begin(&site, engine.as_ref())?;
        report.proxies = Some(measure_proxies(&site, self.effort())?);
        let docker = engine.map(|engine| Findings::of(&site, &engine, self.containers()));
        // What took twenty minutes is not thrown away for it.
        report.docker = docker.transpose().unwrap_or_else(|error| {
            eprintln!("what is measured on the engine failed, and is left out: {error:#}");
            None
        });
        Ok(report)
    }

    fn measure_docker(&self) -> Result<Report> {
        let site = Site::without_proxies()?;
        let engine = Engine::find(Need::Required)?.context("there is no Docker Engine")?;
        let mut report = Report::begin(&site, Some(&engine))?;
        report.docker = Some(Findings::of(&site, &engine, self.containers())?);
        Ok(report)
    }

    fn measure_refusals(&self) -> Result<Report> {
        let site = Site::without_proxies()?;
        let rounds = self.rounds.unwrap_or(if self.quick { 300 } else { 2_000 });
        let mut report = Report::begin(&site, None)?;
        report.refusals = Some(refusals::Findings::of(&site, rounds.max(1))?);
        Ok(report)
    }

    fn containers(&self) -> docker::Effort {
        let (rounds, tenants) = if self.quick { (2, 10) } else { (20, 50) };
        docker::Effort {
            rounds: self.rounds.unwrap_or(rounds).max(1),
            tenants: self.tenants.unwrap_or(tenants).max(1),
        }
    }

    fn effort(&self) -> Effort {
        let effort = if self.quick { QUICK } else { FULL };
        Effort {
            rounds: self.rounds.unwrap_or(effort.rounds).max(1),
            ..effort
        }
    }
}

impl Report {
    fn begin(site: &Site, engine: Option<&Engine>) -> Result<Self> {
        let date = shell::read(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]))?;
        let on_engine = engine.map(Engine::versions).unwrap_or_default();
        Ok(Self {
            date: date.trim().to_owned(),
            versions: site.versions().into_iter().chain(on_engine).collect(),
            architecture: std::env::consts::ARCH,
            processors: std::thread::available_parallelism()?.get(),
            proxies: None,
            docker: None,
            refusals: None,
        })
    }
}

fn measure_proxies(site: &Site, effort: Effort) -> Result<Proxies> {
    let (mut workloads, bulk) = in_front_of_postgresql(site, effort)?;
    let fake = Server::fake(site)?;
    let peers = peer::all(site, &fake)?;
    workloads.push(Series::play(&CONNECTS, site, &peers, effort)?);
    drop(peers);
    let idle = memory::measure(site, &fake, effort)?;
    drop(fake);
    let mut proxies = Proxies {
        effort,
        workloads,
        bulk,
        idle,
        product: in_front_of_a_tenant(site, effort)?,
        known: known::measure(site, effort)?,
        bars: Vec::new(),
    };
    proxies.bars = bars::of(&proxies);
    Ok(proxies)
}

/// The workloads of small steps, and those of bulk.
fn in_front_of_postgresql(site: &Site, effort: Effort) -> Result<(Vec<Series>, Vec<Series>)> {
    let server = Server::postgresql(site)?;
    let peers = peer::all(site, &server)?;
    server.create_database(site)?;
    fill(site, &peers)?;
    let small = [&SMALL_8, &SMALL_1, &TPC_B, &RECONNECT];
    let small = play_all(&small, site, &peers, effort)?;
    Ok((small, bulk::measure(site, &server, peers, effort)?))
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
    connect_seconds: 0.5,
    idle_sessions: 1000,
    idle_rounds: 1,
    most_sessions: None,
    bulk_rows: 64_000,
    tenants_known: FEW_KNOWN,
};
const FULL: Effort = Effort {
    rounds: 5,
    seconds: 3,
    connect_seconds: 3.0,
    idle_sessions: 3000,
    idle_rounds: 3,
    // Each takes two descriptors of a proxy, of 20,000.
    most_sessions: Some(9000),
    bulk_rows: 1_000_000,
    tenants_known: KNOWN,
};
