//! Running a package's tests: with a limit, their output shown and read.

use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use super::Language;
use crate::shell;
use crate::test::Tally;
use crate::workspace::Workspace;

/// What came of tests.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    /// One line for each part that could not run here, `SKIPPED: <what>: <why>`.
    pub(crate) skips: Vec<String>,
}

impl AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.tally += other.tally;
        self.skips.extend(other.skips);
    }
}

/// Runs to the end whatever fails; a suite that fails without a failed test did not run its tests.
pub(super) fn run(
    language: &dyn Language,
    workspace: &Workspace,
    limit: Duration,
    announce: &mut dyn FnMut(&mut Command),
) -> Result<Outcome> {
    let mut command = language.suite(workspace);
    announce(&mut command);
    let line = shell::line(&command);
    println!("+ {line}");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // A group of its own, so that what hangs can be ended with all it has started.
        .process_group(0)
        .spawn()
        .with_context(|| format!("`{line}` could not be started"))?;
    let group = Pid::from_child(&child);
    let (over, ended) = mpsc::channel();
    let watchdog = thread::spawn(move || match ended.recv_timeout(limit) {
        Err(RecvTimeoutError::Timeout) => {
            let _ = kill_process_group(group, Signal::KILL);
            true
        }
        Ok(()) | Err(RecvTimeoutError::Disconnected) => false,
    });
    let mut outcome = Outcome::default();
    let stdout = child.stdout.take().map(BufReader::new);
    for text in stdout.into_iter().flat_map(BufRead::lines) {
        let text = text?;
        println!("{text}");
        outcome.tally += language.counts(&text).unwrap_or_default();
        if let Some(at) = text.find("SKIPPED: ") {
            outcome.skips.extend(text.get(at..).map(str::to_owned));
        }
    }
    let status = child.wait()?;
    drop(over);
    if watchdog.join().unwrap_or(false) {
        bail!(
            "`{line}` did not end within {} minutes",
            limit.as_secs() / 60
        );
    }
    if !status.success() && outcome.tally.failed == 0 {
        bail!("the tests did not run to their end: see what `{line}` said above");
    }
    if outcome.tally == Tally::default() {
        bail!("`{line}` ran no test");
    }
    Ok(outcome)
}

/// How long all tests of a package may take.
pub(super) const SHORT: Duration = Duration::from_mins(25);
/// The same of the long ones.
pub(super) const LONG: Duration = Duration::from_hours(3);
