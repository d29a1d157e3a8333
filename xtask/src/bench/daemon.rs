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
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields = stat
            .rsplit_once(')')
            .map(|(_, fields)| fields.split_whitespace().collect::<Vec<_>>());
        let ticks = |fields: &[&str], index: usize| fields.get(index)?.parse::<f64>().ok();
        let both = |fields: &[&str]| Some(ticks(fields, UTIME)? + ticks(fields, UTIME + 1)?);
        let spent = fields.as_deref().and_then(both);
        Ok(spent.context("/proc/<pid>/stat is not what it was")? / TICKS_PER_SECOND)
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

/// Of the fields behind the command's name.
const UTIME: usize = 11;
/// `USER_HZ`, which is part of Linux's interface to programs on every platform pgs runs on.
const TICKS_PER_SECOND: f64 = 100.0;
const READY_WITHIN: Duration = Duration::from_secs(30);
const IDLE_WITHIN: Duration = Duration::from_mins(2);
const A_WHILE: Duration = Duration::from_millis(700);
/// One of the clock's ticks, which a timer of its own may take.
const NEARLY_NOTHING: f64 = 0.015;
const GONE_WITHIN: Duration = Duration::from_secs(10);
