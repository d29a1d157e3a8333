//! One measurement of one peer.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::daemon::Daemon;
use super::peer::Peer;
use super::series::Effort;
use super::site::Site;
use crate::shell;

/// What is done, over and over, for some seconds.
#[derive(Debug)]
pub(super) struct Workload {
    pub(super) title: &'static str,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// pgbench with these flags.
    Pgbench(&'static [&'static str]),
    /// The helper's clients, this many at one time.
    Connects(u32),
    /// The helper's copy in this direction, once.
    Copy(&'static str),
}

/// What one round gave.
#[derive(Debug, Serialize)]
pub(super) struct Sample {
    /// Transactions, connections or megabytes per second.
    pub(super) per_second: f64,
    /// The proxy's processor time for each of them, in microseconds.
    pub(super) proxy_cpu_us: Option<f64>,
    pub(super) p50_us: Option<f64>,
    pub(super) p99_us: Option<f64>,
}

impl Workload {
    pub(super) fn measure(&self, site: &Site, peer: &Peer, effort: Effort) -> Result<Sample> {
        let before = cpu(peer)?;
        let counted = match self.kind {
            Kind::Pgbench(flags) => pgbench(site, peer, flags, effort.seconds),
            Kind::Connects(clients) => connects(site, peer, clients, effort.connect_seconds),
            Kind::Copy(direction) => copy(site, peer, direction, effort.bulk_rows),
        };
        let counted = counted.with_context(|| format!("{} through {}", self.title, peer.name))?;
        let spent = cpu(peer)?.zip(before).map(|(after, before)| after - before);
        Ok(Sample {
            per_second: counted.per_second,
            proxy_cpu_us: spent.map(|seconds| seconds * 1e6 / counted.count),
            p50_us: counted.p50_us,
            p99_us: counted.p99_us,
        })
    }

    /// What a person would type.
    pub(super) fn command(&self) -> String {
        match self.kind {
            Kind::Pgbench(flags) => format!("pgbench {}", flags.join(" ")),
            Kind::Connects(clients) => {
                format!("connect, one query, terminate; {clients} at one time")
            }
            Kind::Copy("out") => "copy (select of rows of 1000 characters) to stdout".to_owned(),
            Kind::Copy(_) => "copy from stdin where false, rows of 1000 characters".to_owned(),
        }
    }
}

struct Counted {
    count: f64,
    per_second: f64,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
}

fn cpu(peer: &Peer) -> Result<Option<f64>> {
    peer.proxy.as_ref().map(Daemon::cpu_seconds).transpose()
}

fn pgbench(site: &Site, peer: &Peer, flags: &[&str], seconds: u32) -> Result<Counted> {
    let mut command = peer.libpq(site, "pgbench");
    command
        .args(["-n", "-T", &seconds.to_string()])
        .args(flags)
        .arg("bench");
    let said = shell::read(&mut command)?;
    let number = |label: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(label))?;
        line.split([' ', '/']).next()?.parse::<f64>().ok()
    };
    Ok(Counted {
        count: number("number of transactions actually processed: ")
            .context("pgbench told no count")?,
        per_second: number("tps = ").context("pgbench told no speed")?,
        p50_us: None,
        p99_us: None,
    })
}

/// The first connection through a proxy, in milliseconds.
pub(super) fn first_connect(site: &Site, peer: &Peer) -> Result<f64> {
    let told = connected(site, peer, 1, 0.0)?;
    let first = told.max_us.context("nobody connected")?;
    Ok(first / 1e3)
}

#[derive(Deserialize)]
struct Connected {
    count: f64,
    seconds: f64,
    p50_us: Option<f64>,
    p99_us: Option<f64>,
    max_us: Option<f64>,
}

fn connects(site: &Site, peer: &Peer, clients: u32, seconds: f64) -> Result<Counted> {
    let told = connected(site, peer, clients, seconds)?;
    Ok(Counted {
        count: told.count,
        per_second: told.count / told.seconds,
        p50_us: told.p50_us,
        p99_us: told.p99_us,
    })
}

fn connected(site: &Site, peer: &Peer, clients: u32, seconds: f64) -> Result<Connected> {
    let mut command = site.ours("bench-helper");
    command.args([
        "connects",
        "--clients",
        &clients.to_string(),
        "--seconds",
        &seconds.to_string(),
    ]);
    peer.address.helper(&mut command);
    Ok(serde_json::from_str(&shell::read(&mut command)?)?)
}

#[derive(Deserialize)]
struct Copied {
    bytes: f64,
    seconds: f64,
}

fn copy(site: &Site, peer: &Peer, direction: &str, rows: u64) -> Result<Counted> {
    let mut command = site.ours("bench-helper");
    command.args(["copy", direction, "--rows", &rows.to_string()]);
    peer.address.helper(&mut command);
    let told: Copied = serde_json::from_str(&shell::read(&mut command)?)?;
    let megabytes = told.bytes / 1e6;
    Ok(Counted {
        count: megabytes,
        per_second: megabytes / told.seconds,
        p50_us: None,
        p99_us: None,
    })
}

pub(super) const SMALL_8: Workload = Workload {
    title: "small queries, 8 clients",
    kind: Kind::Pgbench(&["-S", "-M", "prepared", "-c", "8", "-j", "2"]),
};
pub(super) const SMALL_1: Workload = Workload {
    title: "small queries, 1 client",
    kind: Kind::Pgbench(&["-S", "-M", "prepared", "-c", "1", "-j", "1"]),
};
pub(super) const TPC_B: Workload = Workload {
    title: "TPC-B-like, 8 clients",
    kind: Kind::Pgbench(&["-c", "8", "-j", "2"]),
};
pub(super) const RECONNECT: Workload = Workload {
    title: "connection per transaction",
    kind: Kind::Pgbench(&["-C", "-S", "-c", "4", "-j", "4"]),
};
pub(super) const CONNECTS: Workload = Workload {
    title: "connects per second",
    kind: Kind::Connects(64),
};
pub(super) const DOWNLOAD: Workload = Workload {
    title: "bulk download",
    kind: Kind::Copy("out"),
};
pub(super) const UPLOAD: Workload = Workload {
    title: "bulk upload",
    kind: Kind::Copy("in"),
};
pub(super) const CONNECTS_4: Workload = Workload {
    title: "connects to one of many tenants",
    kind: Kind::Connects(4),
};
