//! What it costs the real `pgs serve` to know many tenants, of which one is asked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Serialize;

use super::bars::{AtMost, Bar};
use super::daemon::{Daemon, free_port};
use super::peer::{self, Peer};
use super::report::{line, ratio, row, speed};
use super::series::{Effort, Series, Spread};
use super::server::{PASSWORD, loopback};
use super::site::Site;
use super::workload::{CONNECTS_4, Sample, first_connect};
use crate::shell;

#[derive(Debug, Serialize)]
pub(super) struct Known {
    connects: Series,
    costs: BTreeMap<&'static str, Costs>,
}

/// What does not come up again in every round.
#[derive(Debug, Serialize)]
struct Costs {
    /// Of the processor, from its start until it had nothing to do any more.
    start_cpu_seconds: f64,
    /// For which all tenants are read.
    first_connect_ms: f64,
    /// Resident after all rounds.
    rss_mib: f64,
    peak_rss_mib: f64,
}

const TEN: &str = "10 tenants";
const TEN_THOUSAND: &str = "10,000 tenants";
/// So many tenants, of which one runs; the first is what the others are compared with.
pub(super) const KNOWN: &[(&str, usize)] = &[
    (TEN, 10),
    ("10 tenants again (A/A)", 10),
    (TEN_THOUSAND, 10_000),
    ("100,000 tenants", 100_000),
];

/// What a hurried look has time for.
pub(super) const FEW_KNOWN: &[(&str, usize)] = &[KNOWN[0], KNOWN[1], KNOWN[2]];

pub(super) fn measure(site: &Site, effort: Effort) -> Result<Known> {
    let mut houses = Houses(site, Vec::new());
    let (mut peers, mut costs) = (Vec::new(), BTreeMap::new());
    for (name, tenants) in effort.tenants_known {
        println!("pgs serve with {name}");
        let state = houses.build(*tenants)?;
        let peer = serve(site, &state, name)?;
        costs.insert(*name, Costs::of_start(site, &peer)?);
        peers.push(peer);
    }
    let connects = Series::play(&CONNECTS_4, site, &peers, effort)?;
    for peer in &peers {
        if let Some(costs) = costs.get_mut(peer.name) {
            (costs.rss_mib, costs.peak_rss_mib) = daemon(peer)?.resident_mib()?;
        }
    }
    Ok(Known { connects, costs })
}

impl Costs {
    fn of_start(site: &Site, peer: &Peer) -> Result<Self> {
        let start_cpu_seconds = daemon(peer)?.wait_until_idle()?;
        Ok(Self {
            start_cpu_seconds,
            first_connect_ms: first_connect(site, peer)?,
            rss_mib: f64::NAN,
            peak_rss_mib: f64::NAN,
        })
    }
}

fn daemon(peer: &Peer) -> Result<&Daemon> {
    peer.proxy.as_ref().context("no proxy has no memory")
}

/// State directories, each with a server of its own; dropping it stops them.
struct Houses<'a>(&'a Site, Vec<PathBuf>);

impl Houses<'_> {
    /// With a tenant that runs, and so many others of which there is only the record.
    fn build(&mut self, tenants: usize) -> Result<PathBuf> {
        let Self(site, built) = self;
        let state = site
            .state_dir()
            .with_file_name(format!("known-{}", built.len()));
        let password = site.write("tenant-password", PASSWORD)?;
        built.push(state.clone());
        let mut create = pgs(site, &state);
        create.args(["create", "bench", "--enable", "--password-file"]);
        shell::read(create.arg(password))?;
        let mut fill = site.ours("bench-helper");
        fill.args(["tenants", "--count", &tenants.to_string()]);
        shell::read(fill.arg("--state-dir").arg(&state))?;
        Ok(state)
    }
}

impl Drop for Houses<'_> {
    fn drop(&mut self) {
        let Self(site, built) = self;
        for state in built {
            let mut stop = pgs(site, state);
            if let Err(error) = shell::read(stop.args(["stop", "--tenant", "bench"])) {
                eprintln!("a tenant's server is still there: {error:#}");
            }
        }
    }
}

fn pgs(site: &Site, state: &PathBuf) -> Command {
    let mut command = site.ours("pgs");
    command.arg("--state-dir").arg(state);
    command
}

fn serve(site: &Site, state: &PathBuf, name: &'static str) -> Result<Peer> {
    let port = free_port()?;
    let mut serve = pgs(site, state);
    serve.args(["serve", "--listen", &loopback(port).to_string()]);
    peer::start(site, name, port, &mut serve)
}

impl Known {
    /// For ten thousand tenants.
    pub(super) fn bars(&self) -> impl Iterator<Item = Bar> {
        let p50 = |sample: &Sample| sample.p50_us;
        let latency = self.connects.ratio(TEN_THOUSAND, TEN, p50);
        let latency = Bar::new(
            "connect p50 with 10,000 tenants",
            AtMost(1.1),
            " x with ten",
            latency,
        );
        let megabytes = |costs: &Costs| Spread::of(vec![costs.rss_mib * 1.048_576]);
        let memory = self.costs.get(TEN_THOUSAND).map(megabytes).map(|seen| {
            let what = "memory (RSS) with 10,000 tenants, MB";
            Bar::new(what, AtMost(100.0), "", seen)
        });
        [latency].into_iter().chain(memory)
    }

    pub(super) fn table(&self, text: &mut String) {
        line(
            text,
            "\n`pgs serve` that knows many tenants, of which one is asked, compared with ten: the median of the ratios (lowest-highest).\n",
        );
        let titles = [
            "connects per second",
            "connect p50",
            "CPU per connect",
            "memory (RSS)",
            "its peak",
            "CPU until it has started",
            "first connect",
        ];
        row(text, "", titles.map(str::to_owned).into_iter());
        row(text, "---", titles.map(|_| "---".to_owned()).into_iter());
        for (name, costs) in self.connects.peers.iter().filter_map(|name| {
            let costs = self.costs.get(name)?;
            Some((name, costs))
        }) {
            let measured = [
                speed,
                |sample: &Sample| sample.p50_us,
                |sample: &Sample| sample.proxy_cpu_us,
            ];
            let cells = measured.map(|pick| ratio(self.connects.ratio(name, TEN, pick)));
            let costs = [
                format!("{:.0} MiB", costs.rss_mib),
                format!("{:.0} MiB", costs.peak_rss_mib),
                format!("{:.2} s", costs.start_cpu_seconds),
                format!("{:.0} ms", costs.first_connect_ms),
            ];
            row(text, name, cells.into_iter().chain(costs));
        }
    }
}
