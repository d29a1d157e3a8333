//! What a tenant that does nothing costs in memory, with everything that is there for it alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::{engine, house::House};

/// KiB for each tenant, by what they are for.
///
/// Proportional set sizes: a page that several processes map counts for each with its share, so that what all tenants
/// have in common, such as the image's programs, is in each of them with its part.
#[derive(Debug, Serialize)]
pub(super) struct Memory {
    /// Absent where the kernel does not let us look: that takes root.
    pub(super) tenant: Option<Tenant>,
    /// How much more dockerd and containerd have than without any tenant, for each tenant.
    pub(super) engine_kib: Option<f64>,
    /// How much less memory the whole machine has available than with all tenants stopped, for each tenant: with what the
    /// kernel needs for them, and with whatever else happened on the machine.
    pub(super) machine_kib: f64,
}

/// On the average.
#[derive(Debug, Serialize)]
pub(super) struct Tenant {
    pub(super) postgres_kib: f64,
    pub(super) postgres_processes: f64,
    pub(super) init_kib: f64,
    pub(super) shim_kib: f64,
}

impl Tenant {
    pub(super) fn kib(&self) -> f64 {
        self.postgres_kib + self.init_kib + self.shim_kib
    }
}

impl Memory {
    /// After a while in which nobody asked anything of anybody.
    pub(super) fn settled(
        engine: &engine::Engine,
        house: &House<'_>,
        without: &Engine,
        available: f64,
    ) -> Result<Self> {
        println!("letting them settle for {} s", SETTLED_AFTER.as_secs());
        sleep(SETTLED_AFTER);
        let inits = inits(engine, house)?;
        let each = count(inits.len());
        let growth = Engine::now().0.zip(without.0);
        Ok(Self {
            machine_kib: (available - available_kib()?) / each,
            engine_kib: growth.map(|(now, before)| (now - before) / each),
            tenant: Tenant::average(&inits)?,
        })
    }
}

impl Tenant {
    fn average(inits: &[u32]) -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let processes = Processes::now()?;
        let (mut postgres, mut number, mut init, mut shim) = (0.0, 0, 0.0, 0.0);
        for pid in inits {
            let above = processes.0.get(pid).context("a tenant's container ended")?;
            let servers = processes.below(*pid);
            ensure!(!servers.is_empty(), "a container has no server");
            shim += pss_kib(above.parent)?;
            init += pss_kib(*pid)?;
            for server in servers {
                match pss_kib(server) {
                    // A worker that has done its work.
                    Err(_) if !Path::new("/proc").join(server.to_string()).exists() => {}
                    found => {
                        postgres += found?;
                        number += 1;
                    }
                }
            }
        }
        let each = count(inits.len());
        Ok(Some(Self {
            postgres_kib: postgres / each,
            postgres_processes: count(number) / each,
            init_kib: init / each,
            shim_kib: shim / each,
        }))
    }
}

/// The memory of the engine's own programs, if it can be looked at.
#[derive(Debug)]
pub(super) struct Engine(Option<f64>);

impl Engine {
    pub(super) fn now() -> Self {
        Self(Processes::now().and_then(|found| found.of_engine()).ok())
    }
}

#[derive(Debug)]
struct Processes(BTreeMap<u32, Process>);

#[derive(Debug)]
struct Process {
    parent: u32,
    name: String,
}

impl Processes {
    fn now() -> Result<Self> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // Others may end at any time.
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            if let Some(process) = Process::parse(&stat) {
                found.insert(pid, process);
            }
        }
        Ok(Self(found))
    }

    fn below(&self, pid: u32) -> Vec<u32> {
        let children = self.0.iter().filter(|(_, child)| child.parent == pid);
        let families = children.flat_map(|(child, _)| [vec![*child], self.below(*child)].concat());
        families.collect()
    }

    fn of_engine(&self) -> Result<f64> {
        let ours = |process: &Process| ENGINE.contains(&process.name.as_str());
        let pids = self.0.iter().filter(|(_, process)| ours(process));
        pids.map(|(pid, _)| pss_kib(*pid)).sum()
    }
}

impl Process {
    /// `12 (dockerd) S 1 ...`
    fn parse(stat: &str) -> Option<Self> {
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
        Some(Self {
            parent: rest.split(' ').nth(1)?.parse().ok()?,
            name: name.to_owned(),
        })
    }
}

/// The first process of every container of the house.
fn inits(engine: &engine::Engine, house: &House<'_>) -> Result<Vec<u32>> {
    let filter = format!("label=pgs.installation={}", house.installation());
    let ids = engine.read(&["ps", "--quiet", "--filter", &filter])?;
    let words = ["inspect", "--format", "{{.State.Pid}}"];
    let words: Vec<_> = words.into_iter().chain(ids.split_whitespace()).collect();
    let pids = engine.read(&words)?;
    let pid = |line: &str| line.parse().context("a process number was expected");
    pids.lines().map(pid).collect()
}

/// What the machine could still give away, what is only cached included.
pub(super) fn available_kib() -> Result<f64> {
    field("/proc/meminfo", "MemAvailable:")
}

fn pss_kib(pid: u32) -> Result<f64> {
    field(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

fn field(path: &str, name: &str) -> Result<f64> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    let value = value.and_then(|value| value.split_whitespace().next()?.parse().ok());
    value.with_context(|| format!("{path} does not tell {name}"))
}

#[expect(clippy::cast_precision_loss, reason = "there are hundreds, not 2^52")]
fn count(number: usize) -> f64 {
    number as f64
}

const ENGINE: [&str; 2] = ["dockerd", "containerd"];
const SETTLED_AFTER: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_below_its_parents() {
        let lines = [
            (1, "1 (docker-init) S 9 1"),
            (2, "2 (a) (b) S 1 1"),
            (3, "3 (c) S 2 1"),
        ];
        let parsed = lines.map(|(pid, stat)| (pid, Process::parse(stat).unwrap()));
        let processes = Processes(BTreeMap::from(parsed));
        assert_eq!(processes.0[&2].name, "a) (b");
        assert_eq!(processes.below(1), [2, 3]);
    }
}
