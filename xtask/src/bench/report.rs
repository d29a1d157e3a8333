//! What was measured, as tables for people and as JSON for later.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::bars::{self, Bar};
use super::bulk;
use super::docker::Findings;
use super::known::Known;
use super::memory::{self, Holding};
use super::peer::{DIRECT_TCP, DIRECT_TCP_AGAIN, HAPROXY_TCP};
use super::refusals;
use super::series::{Effort, Series, Spread};
use super::workload::Sample;

/// Everything of one run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) date: String,
    pub(super) versions: BTreeMap<&'static str, String>,
    pub(super) architecture: &'static str,
    pub(super) processors: usize,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) proxies: Option<Proxies>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) docker: Option<Findings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refusals: Option<refusals::Findings>,
}

/// What was seen of the ways to a server.
#[derive(Debug, Serialize)]
pub(super) struct Proxies {
    pub(super) effort: Effort,
    pub(super) workloads: Vec<Series>,
    /// `pgs serve` beside the same relay without a catalogue.
    pub(super) product: Vec<Series>,
    pub(super) bulk: Vec<Series>,
    pub(super) idle: Vec<Holding>,
    pub(super) known: Known,
    pub(super) bars: Vec<Bar>,
}

impl Report {
    pub(super) fn tables(&self) -> String {
        let mut text = String::new();
        self.heading(&mut text);
        if let Some(proxies) = &self.proxies {
            proxies.tables(&mut text);
        }
        if let Some(docker) = &self.docker {
            docker.tables(&mut text);
        }
        if let Some(refusals) = &self.refusals {
            refusals.tables(&mut text);
        }
        text
    }

    /// How far the A/A pairs were apart in the worst round, each with what it is the noise of.
    pub(super) fn noises(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let proxies = self.proxies.as_ref().map(Proxies::noise);
        let docker = self.docker.as_ref().map(Findings::noise);
        let proxies = proxies.map(|noise| ("of the proxies", noise));
        let refusals = self.refusals.as_ref().map(refusals::Findings::noise);
        proxies
            .into_iter()
            .chain(docker.map(|noise| ("of containers", noise)))
            .chain(refusals.map(|noise| ("of live tenants", noise)))
    }

    fn heading(&self, text: &mut String) {
        let versions: Vec<_> = self.versions.values().map(String::as_str).collect();
        line(
            text,
            &format!(
                "{}, {} processors ({}); {}.",
                self.date,
                self.processors,
                self.architecture,
                versions.join("; ")
            ),
        );
    }
}

impl Proxies {
    fn tables(&self, text: &mut String) {
        bars::table(&self.bars, text);
        self.speeds(text);
        self.costs(text);
        bulk::table(&self.bulk, self.effort, text);
        memory::table(&self.idle, text);
        self.product(text);
        self.known.table(text);
    }

    fn speeds(&self, text: &mut String) {
        let Effort {
            rounds, seconds, ..
        } = self.effort;
        line(
            text,
            &format!(
                "\nSpeed, direct TCP = 1: the median of the ratios of {rounds} rounds of {seconds} s (lowest-highest).\n"
            ),
        );
        let titles = self
            .workloads
            .iter()
            .map(|rounds| rounds.workload.to_owned());
        row(text, "", titles.clone());
        row(text, "---", titles.map(|_| "---".to_owned()));
        row(
            text,
            "direct TCP, per second",
            self.workloads.iter().map(|rounds| {
                let speed = rounds.of(DIRECT_TCP, |sample| Some(sample.per_second));
                format!("{:.0}", speed.median)
            }),
        );
        for peer in self.peers().filter(|peer| *peer != DIRECT_TCP) {
            let ratio = |rounds: &Series| ratio(rounds.ratio(peer, DIRECT_TCP, speed));
            row(text, peer, self.workloads.iter().map(ratio));
        }
    }

    fn costs(&self, text: &mut String) {
        line(
            text,
            &format!(
                "\nWhat the proxies cost, in brackets compared with {HAPROXY_TCP}; and how long a connect with one query took, compared with direct TCP.\n"
            ),
        );
        let titles = [
            "CPU per small query, 8 clients",
            "CPU per small query, 1 client",
            "CPU per connect",
            "connect p50",
            "connect p99",
            "memory per idle session",
        ];
        row(text, "", titles.iter().map(|title| (*title).to_owned()));
        row(text, "---", titles.iter().map(|_| "---".to_owned()));
        for peer in self.peers() {
            let cells = [
                self.cost(0, peer, HAPROXY_TCP, |sample| sample.proxy_cpu_us),
                self.cost(1, peer, HAPROXY_TCP, |sample| sample.proxy_cpu_us),
                self.cost(CONNECTS, peer, HAPROXY_TCP, |sample| sample.proxy_cpu_us),
                self.cost(CONNECTS, peer, DIRECT_TCP, |sample| sample.p50_us),
                self.cost(CONNECTS, peer, DIRECT_TCP, |sample| sample.p99_us),
                self.memory(peer),
            ];
            row(text, peer, cells.into_iter());
        }
    }

    fn cost(
        &self,
        workload: usize,
        peer: &str,
        to: &str,
        pick: fn(&Sample) -> Option<f64>,
    ) -> String {
        let Some(rounds) = self.workloads.get(workload) else {
            return NOTHING.to_owned();
        };
        let (time, ratio) = (rounds.of(peer, pick), rounds.ratio(peer, to, pick));
        if time.median.is_nan() {
            return NOTHING.to_owned();
        }
        format!("{:.0} us ({:.2})", time.median, ratio.median)
    }

    fn memory(&self, peer: &str) -> String {
        let first = self.idle.first();
        first.map_or_else(|| NOTHING.to_owned(), |idle| idle.cell(peer))
    }

    fn product(&self, text: &mut String) {
        line(
            text,
            "\n`pgs serve` in front of a tenant of its own, the same relay without a catalogue = 1.\n",
        );
        row(
            text,
            "",
            ["speed", "proxy CPU"].map(str::to_owned).into_iter(),
        );
        row(text, "---", ["---", "---"].map(str::to_owned).into_iter());
        for rounds in &self.product {
            if let [relay, serve] = rounds.peers[..] {
                let cells = [
                    ratio(rounds.ratio(serve, relay, speed)),
                    ratio(rounds.ratio(serve, relay, |sample| sample.proxy_cpu_us)),
                ];
                row(text, rounds.workload, cells.into_iter());
            }
        }
    }

    fn peers(&self) -> impl Iterator<Item = &'static str> {
        let first = self.workloads.first();
        first
            .into_iter()
            .flat_map(|rounds| rounds.peers.iter().copied())
    }

    /// How far the A/A pair was apart in the worst round.
    fn noise(&self) -> f64 {
        let distance = |rounds: &Series| {
            let pair = rounds.ratio(DIRECT_TCP_AGAIN, DIRECT_TCP, speed);
            (pair.high - 1.0).max(1.0 - pair.low)
        };
        let all = self.workloads.iter().chain(&self.bulk);
        all.map(distance).fold(0.0, f64::max)
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several numbers of a sample, and the others may be missing"
)]
pub(super) fn speed(sample: &Sample) -> Option<f64> {
    Some(sample.per_second)
}

pub(super) fn ratio(spread: Spread) -> String {
    format!(
        "{:.2} ({:.2}-{:.2})",
        spread.median, spread.low, spread.high
    )
}

pub(super) fn row(text: &mut String, head: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<_> = cells.collect();
    line(text, &format!("| {head} | {} |", cells.join(" | ")));
}

/// Writing to a string cannot fail.
pub(super) fn line(text: &mut String, line: &str) {
    let _ = writeln!(text, "{line}");
}

/// The workload of connects, among the workloads.
const CONNECTS: usize = 4;
const NOTHING: &str = "-";
