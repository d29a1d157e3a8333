//! Limits that the kernel enforces: a control group `pgs/<uid>` for each tenant that has any, in version 1 or 2.

use super::process::Process;
use crate::{failure::AtPath, storage::home::Home};
use pgs_core::{ByteSize, Cpus, Error, ErrorKind, Limits, Result, TenantUid, provision::Usage};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Fails when the kernel here would not enforce one of these limits.
pub(crate) fn check(limits: &Limits) -> Result<()> {
    check_below(Path::new(MOUNT), limits)
}

fn check_below(mount: &Path, limits: &Limits) -> Result<()> {
    if limits.shm.is_some() {
        return Err(unenforceable("shm")
            .with_remedy("leave --shm out: a local server shares the host's /dev/shm"));
    }
    must_suffice(limits)?;
    let lacking = knobs(limits)
        .into_iter()
        .find(|knob| Group::of(mount, knob.controller).is_none());
    lacking.map_or(Ok(()), |knob| {
        Err(unenforceable(knob.controller).with_remedy(
            "leave the limit out, or run pgs as root where control groups can be made",
        ))
    })
}

/// With less, a server does not start, or starts and takes no session.
fn must_suffice(limits: &Limits) -> Result<()> {
    let too_little = if limits.memory.is_some_and(|memory| memory < LEAST_MEMORY) {
        format!("a memory limit below {LEAST_MEMORY}")
    } else if limits.pids.is_some_and(|pids| pids < LEAST_PIDS) {
        format!("a limit of fewer than {LEAST_PIDS} processes")
    } else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("{too_little} leaves no room for a server"),
    )
    .with_remedy("give more, or leave the limit out"))
}

fn unenforceable(limit: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("the local provisioner cannot enforce a limit of {limit} here"),
    )
}

/// Puts all processes of a tenant's server under its limits. Those that they start later are born under them.
pub(crate) fn hold(home: &Home, limits: &Limits) -> Result<()> {
    for knob in knobs(limits) {
        let group = Group::of(Path::new(MOUNT), knob.controller);
        let group = group.ok_or_else(|| unenforceable(knob.controller))?;
        let directory = group.make(home.uid(), knob.controller)?;
        for (file, value) in group.pick(&knob) {
            let path = directory.join(file);
            fs::write(&path, value).at("set", &path)?;
        }
        take_in(&directory, home)?;
    }
    Ok(())
}

/// Takes away the limits that a tenant had and is to have no longer; its processes stay where they are.
pub(crate) fn lift(home: &Home, limits: &Limits) -> Result<()> {
    let lifted = [
        (limits.memory.is_none(), MEMORY, UNLIMITED_MEMORY),
        (limits.cpus.is_none(), CPU, UNLIMITED_CPU),
        (limits.pids.is_none(), PIDS, UNLIMITED_PIDS),
    ];
    for (_, controller, [(v1, none_v1), (v2, none_v2)]) in
        lifted.into_iter().filter(|(is_lifted, ..)| *is_lifted)
    {
        let Some(group) = Group::of(Path::new(MOUNT), controller) else {
            continue;
        };
        let (file, value) = match &group {
            Group::V1(_) => (v1, none_v1),
            Group::V2(_) => (v2, none_v2),
        };
        let path = group.directory(home.uid()).join(file);
        if path.exists() {
            fs::write(&path, value).at("set", &path)?;
        }
    }
    Ok(())
}

/// What a tenant's processes use together, as far as groups of its own count it; none without any.
pub(crate) fn usage(home: &Home) -> Option<Usage> {
    let read = |controller: &str, v1: &str, v2: &str| -> Option<u64> {
        let group = Group::of(Path::new(MOUNT), controller)?;
        let file = match &group {
            Group::V1(_) => v1,
            Group::V2(_) => v2,
        };
        let text = fs::read_to_string(group.directory(home.uid()).join(file)).ok()?;
        text.trim().parse().ok()
    };
    let mut usage = Usage::default();
    usage.memory_bytes = read(MEMORY, "memory.usage_in_bytes", "memory.current");
    usage.pids = read(PIDS, "pids.current", "pids.current");
    let counted = usage.memory_bytes.is_some() || usage.pids.is_some();
    counted.then_some(usage)
}

/// Removes a tenant's groups, once its processes are gone. An empty group left over costs nothing.
pub(crate) fn release(uid: TenantUid) {
    for controller in [MEMORY, CPU, PIDS] {
        if let Some(group) = Group::of(Path::new(MOUNT), controller) {
            let _ = fs::remove_dir(group.directory(uid));
        }
    }
}

/// A process may fork while it is being moved, so until nobody is outside, those who are outside are moved.
fn take_in(directory: &Path, home: &Home) -> Result<()> {
    let members = directory.join("cgroup.procs");
    for _ in 0..ROUNDS {
        let inside = fs::read_to_string(&members).at("read", &members)?;
        let inside: Vec<i32> = inside
            .lines()
            .filter_map(|line| line.parse().ok())
            .collect();
        let processes = Process::all_in(&home.data())?;
        let outside: Vec<i32> = processes
            .iter()
            .map(Process::pid)
            .filter(|pid| !inside.contains(pid))
            .collect();
        if outside.is_empty() {
            return Ok(());
        }
        for pid in outside {
            unless_gone(fs::write(&members, pid.to_string())).at("move a process to", &members)?;
        }
    }
    Err(Error::internal(format!(
        "processes keep escaping from `{}`",
        directory.display()
    )))
}

fn unless_gone(moved: io::Result<()>) -> io::Result<()> {
    match moved {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => {
            Ok(())
        }
        moved => moved,
    }
}

/// Where the groups of one controller are.
#[derive(Debug, PartialEq, Eq)]
enum Group {
    V1(PathBuf),
    V2(PathBuf),
}

impl Group {
    /// None where there is no such controller, or none that this process may use.
    fn of(mount: &Path, controller: &str) -> Option<Self> {
        let v1 = mount.join(controller);
        if v1.join("cgroup.procs").exists() {
            return is_writable(&v1).then_some(Self::V1(v1));
        }
        let offers = |file: &str| {
            let listed = fs::read_to_string(mount.join(file)).unwrap_or_default();
            listed.split_whitespace().any(|name| name == controller)
        };
        // Below a group that has processes, as in a container, controllers cannot be switched on; only the root may.
        let can_enable = !mount.join("cgroup.type").exists() || offers("cgroup.subtree_control");
        (offers("cgroup.controllers") && can_enable && is_writable(mount))
            .then(|| Self::V2(mount.to_owned()))
    }

    fn directory(&self, uid: TenantUid) -> PathBuf {
        let (Self::V1(parent) | Self::V2(parent)) = self;
        parent.join("pgs").join(uid.to_string())
    }

    fn make(&self, uid: TenantUid, controller: &str) -> Result<PathBuf> {
        let directory = self.directory(uid);
        if let Self::V2(mount) = self {
            fs::create_dir_all(mount.join("pgs")).at("make", &directory)?;
            for parent in [mount.clone(), mount.join("pgs")] {
                let switch = parent.join("cgroup.subtree_control");
                fs::write(&switch, format!("+{controller}")).at("set", &switch)?;
            }
        }
        fs::create_dir_all(&directory).at("make", &directory)?;
        Ok(directory)
    }

    fn pick<'a>(&self, knob: &'a Knob) -> &'a [(&'static str, String)] {
        match self {
            Self::V1(_) => &knob.v1,
            Self::V2(_) => &knob.v2,
        }
    }
}

fn is_writable(directory: &Path) -> bool {
    rustix::fs::access(directory, rustix::fs::Access::WRITE_OK).is_ok()
}

/// One limit as files of its controller.
struct Knob {
    controller: &'static str,
    v1: Vec<(&'static str, String)>,
    v2: Vec<(&'static str, String)>,
}

fn knobs(limits: &Limits) -> Vec<Knob> {
    let memory = limits.memory.map(|memory| Knob {
        controller: MEMORY,
        v1: vec![("memory.limit_in_bytes", memory.bytes().to_string())],
        v2: vec![("memory.max", memory.bytes().to_string())],
    });
    let pids = limits.pids.map(|pids| Knob {
        controller: PIDS,
        v1: vec![("pids.max", pids.to_string())],
        v2: vec![("pids.max", pids.to_string())],
    });
    [memory, limits.cpus.map(cpu), pids]
        .into_iter()
        .flatten()
        .collect()
}

/// The kernel takes no quota below a millisecond, so small shares are counted over a longer period.
fn cpu(cpus: Cpus) -> Knob {
    let period: u64 = if cpus.millis() < 10 {
        1_000_000
    } else {
        100_000
    };
    let quota = u64::from(cpus.millis()) * period / 1000;
    Knob {
        controller: CPU,
        v1: vec![
            ("cpu.cfs_period_us", period.to_string()),
            ("cpu.cfs_quota_us", quota.to_string()),
        ],
        v2: vec![("cpu.max", format!("{quota} {period}"))],
    }
}

type NoLimit = [(&'static str, &'static str); 2];
const UNLIMITED_MEMORY: NoLimit = [("memory.limit_in_bytes", "-1"), ("memory.max", "max")];
const UNLIMITED_CPU: NoLimit = [("cpu.cfs_quota_us", "-1"), ("cpu.max", "max")];
const UNLIMITED_PIDS: NoLimit = [("pids.max", "max"), ("pids.max", "max")];
const MOUNT: &str = "/sys/fs/cgroup";
const MEMORY: &str = "memory";
const CPU: &str = "cpu";
const PIDS: &str = "pids";
const ROUNDS: u32 = 20;
const LEAST_MEMORY: ByteSize = ByteSize::from_bytes(32 << 20);
const LEAST_PIDS: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(memory: &str) -> Limits {
        let mut limits = Limits::default();
        limits.memory = Some(memory.parse().unwrap());
        limits
    }

    #[test]
    fn both_versions_are_found_where_they_are() {
        let mount = tempfile::tempdir().unwrap();
        assert_eq!(
            check_below(mount.path(), &limits("1g")).unwrap_err().kind(),
            ErrorKind::Unsupported
        );

        fs::write(mount.path().join("cgroup.controllers"), "cpu memory pids\n").unwrap();
        assert_eq!(
            Group::of(mount.path(), MEMORY),
            Some(Group::V2(mount.path().to_owned()))
        );
        fs::write(mount.path().join("cgroup.type"), "domain\n").unwrap();
        assert_eq!(
            Group::of(mount.path(), MEMORY),
            None,
            "a container's group has processes of its own"
        );

        let v1 = mount.path().join("memory");
        fs::create_dir(&v1).unwrap();
        fs::write(v1.join("cgroup.procs"), "").unwrap();
        assert_eq!(Group::of(mount.path(), MEMORY), Some(Group::V1(v1)));
    }

    #[test]
    fn processors_become_a_quota_that_the_kernel_takes() {
        assert_eq!(
            cpu("0.5".parse().unwrap()).v2,
            [("cpu.max", "50000 100000".to_owned())]
        );
        assert_eq!(
            cpu("0.001".parse().unwrap()).v2,
            [("cpu.max", "1000 1000000".to_owned())]
        );
    }

    #[test]
    fn limits_that_no_server_fits_in_are_refused() {
        assert_eq!(
            check(&limits("1m")).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }
}
