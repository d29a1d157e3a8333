use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use crate::stage::{Proxy, Stage};

/// What a proxy has at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// Without the ends of pipes, of which the relay keeps some.
    pub(super) descriptors: u64,
    pub(super) pipe_ends: u64,
    pub(super) threads: u64,
    pub(super) private_kib: u64,
    pub(super) sessions: u64,
    pub(super) bans: u64,
    /// The entries of its tables.
    pub(super) tables: BTreeMap<String, u64>,
}

/// Looks at a proxy.
pub(super) struct Eye {
    process: u32,
    status_socket: PathBuf,
}

impl Eye {
    pub(super) fn on(proxy: &Proxy, stage: &Stage) -> Self {
        let process = proxy.id();
        let serve = stage.state_dir().join("serve");
        Self {
            process,
            status_socket: serve.join(format!("{process}.status")),
        }
    }

    pub(super) fn sample(&self) -> Result<Sample> {
        let metrics = self.metrics()?;
        let value = |name| {
            value(&metrics, name).with_context(|| format!("the proxy does not tell `{name}`"))
        };
        let tables = metrics.lines().filter_map(table).collect();
        let (descriptors, pipe_ends) = self.descriptors()?;
        Ok(Sample {
            descriptors,
            pipe_ends,
            threads: fs::read_dir(self.proc("task"))?.count() as u64,
            private_kib: self.private_kib()?,
            sessions: value("pgs_sessions_live ")?,
            bans: value("pgs_bans_active ")?,
            tables,
        })
    }

    /// How many sessions the proxy has cut so far since their tenants let in nobody any more.
    pub(super) fn revoked(&self) -> Result<u64> {
        let revoked = value(&self.metrics()?, REVOKED);
        Ok(revoked.unwrap_or_default())
    }

    fn metrics(&self) -> Result<String> {
        let mut stream = UnixStream::connect(&self.status_socket)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: pgs\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(
            answer.starts_with("HTTP/1.1 200"),
            "the proxy tells nothing: {answer}"
        );
        Ok(answer)
    }

    fn descriptors(&self) -> Result<(u64, u64)> {
        let (mut others, mut pipe_ends) = (0, 0);
        for descriptor in fs::read_dir(self.proc("fd"))? {
            // Some are gone before they are looked at.
            let Ok(target) = fs::read_link(descriptor?.path()) else {
                continue;
            };
            if target.to_string_lossy().starts_with("pipe:") {
                pipe_ends += 1;
            } else {
                others += 1;
            }
        }
        Ok((others, pipe_ends))
    }

    /// Memory that is this process's alone.
    fn private_kib(&self) -> Result<u64> {
        let rollup = fs::read_to_string(self.proc("smaps_rollup"))?;
        let lines = rollup.lines().filter(|line| line.starts_with("Private_"));
        let kib = lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        Ok(kib.sum())
    }

    fn proc(&self, what: &str) -> String {
        format!("/proc/{}/{what}", self.process)
    }
}

fn value(metrics: &str, name: &str) -> Option<u64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name));
    line?.trim().parse().ok()
}

fn table(line: &str) -> Option<(String, u64)> {
    let rest = line.strip_prefix("pgs_table_entries{table=\"")?;
    let (name, size) = rest.split_once("\"}")?;
    Some((name.to_owned(), size.trim().parse().ok()?))
}

impl Sample {
    /// Whatever was the most of each.
    pub(super) fn or_more(self, other: &Self) -> Self {
        Self {
            descriptors: self.descriptors.max(other.descriptors),
            pipe_ends: self.pipe_ends.max(other.pipe_ends),
            threads: self.threads.max(other.threads),
            private_kib: self.private_kib.max(other.private_kib),
            sessions: self.sessions.max(other.sessions),
            bans: self.bans.max(other.bans),
            tables: self.tables,
        }
    }

    /// The tables whose entries go with the connections they belong to.
    pub(super) fn of_the_connected(&self) -> BTreeMap<&str, u64> {
        let tables = self.tables.iter().map(|(name, size)| (&**name, *size));
        let tables = tables.filter(|(name, _)| !REMEMBERED.contains(name));
        tables.collect()
    }

    /// The others, which have limits.
    pub(super) fn remembered(&self) -> u64 {
        let sizes = REMEMBERED.iter().filter_map(|name| self.tables.get(*name));
        sizes.sum()
    }
}

const REMEMBERED: [&str; 3] = ["failures", "roles", "salts"];
const REVOKED: &str = "pgs_sessions_ended_total{reason=\"revoked\"} ";
