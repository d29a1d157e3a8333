use rustix::process::{Pid, Signal, kill_process};
use std::{fs, os::unix::fs::MetadataExt};

/// Sees the servers in the containers of one engine, by what the kernel tells of them.
#[derive(Clone, Debug)]
pub struct Lookout {
    group: String,
}

/// A server that runs in one of the engine's containers, or what is left of one that was killed: a process of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Postmaster {
    /// Its data directory: the number of its file system, and its own there.
    pub data: (u64, u64),
    /// The number of its container's processes' namespace: at one time, no two containers have the same.
    pub container: u64,
    /// Its process number on this machine.
    pub pid: u32,
}

impl Lookout {
    /// One for the containers below this control group.
    pub(crate) fn new(group: String) -> Self {
        Self { group }
    }

    /// The servers that run now, ordered by their data directories.
    #[must_use]
    pub fn postmasters(&self) -> Vec<Postmaster> {
        let servers = processes().filter_map(|pid| postmaster(pid, &self.group));
        let mut found: Vec<_> = servers.collect();
        found.sort();
        found
    }
}

fn postmaster(pid: u32, group: &str) -> Option<Postmaster> {
    let is_ours = fs::read_to_string(format!("/proc/{pid}/cgroup"))
        .ok()?
        .contains(group);
    if !is_ours || !is_postgres(pid)? || is_postgres(parent(pid)?)? {
        return None;
    }
    let data = fs::metadata(format!("/proc/{pid}/cwd")).ok()?;
    let space = fs::metadata(format!("/proc/{pid}/ns/pid")).ok()?;
    Some(Postmaster {
        data: (data.dev(), data.ino()),
        container: space.ino(),
        pid,
    })
}

fn is_postgres(pid: u32) -> Option<bool> {
    name(pid).map(|name| name == "postgres")
}

pub(crate) fn name(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// Every process of the machine.
pub(crate) fn processes() -> impl Iterator<Item = u32> {
    let found = fs::read_dir("/proc").expect("there is /proc");
    found.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

pub(crate) fn kill(pid: u32) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let killed = kill_process(pid.expect("it is a process number"), Signal::KILL);
    killed.expect("it was there a moment ago");
}

/// The second number after the name, which may have anything in it: `12 (postgres) S 1 ...`.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(1)?.parse().ok()
}
