//! A program that runs beside the benchmark and ends with it.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::shell;

/// Dropping it ends the program.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Child,
    name: String,
}

impl Daemon {
    /// What the program says goes into `log`.
    pub(super) fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let out = File::create(log)?;
        command
            .stdin(Stdio::null())
            .stderr(out.try_clone()?)
            .stdout(out);
        let child = command
            .spawn()
            .with_context(|| format!("`{}` could not be started", shell::line(command)))?;
        let name = name.to_owned();
        Ok(Self { child, name })
    }

    /// Waits until `is_ready`; a daemon that ends before has failed.
    pub(super) fn wait_until(&mut self, log: &Path, is_ready: impl Fn() -> bool) -> Result<()> {
        let until = Instant::now() + READY_WITHIN;
        while !is_ready() {
            if Instant::now() > until || self.child.try_wait()?.is_some() {
                let said = fs::read_to_string(log).unwrap_or_default();
                bail!("{} did not become ready:\n{said}", self.name);
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Processor time of all its threads so far, in seconds.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        let pid = i32::try_from(self.child.id())?;
        processor_time(pid)
            .with_context(|| format!("the processor time of {} is unknown", self.name))
    }

    /// Waits until it has spent nearly nothing for a while, and answers what it had spent by then, in seconds.
    pub(super) fn wait_until_idle(&self) -> Result<f64> {
        let (until, mut before) = (Instant::now() + IDLE_WITHIN, self.cpu_seconds()?);
        loop {
            sleep(A_WHILE);
            let now = self.cpu_seconds()?;
            if now - before < NEARLY_NOTHING {
                return Ok(now);
            }
            anyhow::ensure!(Instant::now() < until, "{} is always busy", self.name);
            before = now;
        }
    }

    /// All memory of this program, now and at its most, in MiB.
    pub(super) fn resident_mib(&self) -> Result<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mib = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kib / 1024.0)
        };
        let both = mib("VmRSS:").zip(mib("VmHWM:"));
        both.context("/proc/<pid>/status is not what it was")
    }

    /// Memory that is this program's alone, in KiB.
    pub(super) fn private_kib(&self) -> Result<f64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let rollup = fs::read_to_string(path)?;
        let lines = rollup.lines().filter(|line| line.starts_with("Private_"));
        Ok(lines
            .filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok())
            .sum())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Ok(Some(_)) = self.child.try_wait() {
            return;
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // SIGINT is PostgreSQL's fast shutdown, and ends the others at once.
            let _ = kill_process(pid, Signal::INT);
        }
        let until = Instant::now() + GONE_WITHIN;
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            sleep(Duration::from_millis(20));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// By the scheduler's clock, since /proc/<pid>/stat counts in hundredths of a second.
#[cfg(target_os = "linux")]
fn processor_time(pid: i32) -> Result<f64> {
    use nix::time::{clock_getcpuclockid, clock_gettime};
    let clock = clock_getcpuclockid(nix::unistd::Pid::from_raw(pid))?;
    Ok(Duration::from(clock_gettime(clock)?).as_secs_f64())
}

#[cfg(not(target_os = "linux"))]
fn processor_time(_: i32) -> Result<f64> {
    bail!("only Linux tells it")
}

/// A port that nobody listens on.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Runs the command as this user, when there is one.
pub(super) fn run_as(command: &mut Command, user: Option<(u32, u32)>) -> &mut Command {
    match user {
        Some((uid, gid)) => command.uid(uid).gid(gid),
        None => command,
    }
}

const READY_WITHIN: Duration = Duration::from_secs(30);
const IDLE_WITHIN: Duration = Duration::from_mins(2);
const A_WHILE: Duration = Duration::from_millis(500);
/// Timers of its own may take so much.
const NEARLY_NOTHING: f64 = 0.005;
const GONE_WITHIN: Duration = Duration::from_secs(10);
