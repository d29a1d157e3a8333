use crate::failure::AtPath;
use pgs_core::{Error, Result};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::{path::Path, process::Command, time::Duration};

/// A process, known by its number: systems without descriptors for processes leave nothing better.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
}

impl Process {
    /// The process of this number, if it is a server of this directory.
    pub(crate) fn in_directory(pid: i32, directory: &Path) -> Result<Option<Self>> {
        let Some(process) = Self::open(pid)? else {
            return Ok(None);
        };
        let output = Command::new("ps")
            .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
            .output()
            .at("list processes for", directory)?;
        let command = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(is_server_of(&command, directory).then_some(process))
    }

    /// Only the postmaster shows its directory; its children end soon after it.
    pub(crate) fn all_in(directory: &Path) -> Result<Vec<Self>> {
        let output = Command::new("ps")
            .args(["-ww", "-axo", "pid=,command="])
            .output()
            .at("list processes for", directory)?;
        if !output.status.success() {
            return Err(Error::internal(format!("ps failed ({})", output.status)));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = text
            .lines()
            .filter_map(|line| line.trim_start().split_once(' '));
        let pids = lines
            .filter(|(_, command)| is_server_of(command, directory))
            .filter_map(|(pid, _)| pid.parse().ok());
        let mut processes = Vec::new();
        for pid in pids {
            processes.extend(Self::open(pid)?);
        }
        Ok(processes)
    }

    /// None when no process has this number.
    pub(crate) fn open(pid: i32) -> Result<Option<Self>> {
        Ok(Pid::from_raw(pid)
            .filter(|_| is_taken(pid))
            .map(|pid| Self { pid }))
    }

    /// An ended process that nobody has taken note of cannot be told from a running one here.
    pub(crate) fn is_gone(&self) -> Result<bool> {
        Ok(!is_taken(self.pid()))
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// One that is gone is not an error.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        match kill_process(self.pid, signal) {
            Err(rustix::io::Errno::SRCH) => Ok(()),
            sent => sent.at("signal the process in", Path::new("/")),
        }
    }

    /// Waits until it is gone.
    pub(crate) async fn exited(&self) -> Result<()> {
        while !self.is_gone()? {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(())
    }
}

/// Whether a server would take this number for a running process's.
pub(crate) fn is_taken(pid: i32) -> bool {
    let Some(pid) = Pid::from_raw(pid) else {
        return false;
    };
    matches!(
        test_kill_process(pid),
        Ok(()) | Err(rustix::io::Errno::PERM)
    )
}

/// `ps` shows everybody's processes.
#[expect(clippy::unnecessary_wraps, reason = "other systems can refuse it")]
pub(crate) fn must_see_others() -> Result<()> {
    Ok(())
}

/// A server is started as `<bindir>/postgres -D <directory>`.
fn is_server_of(command: &str, directory: &Path) -> bool {
    let directory = directory.to_string_lossy();
    command
        .trim()
        .strip_suffix(&*directory)
        .is_some_and(|start| start.ends_with("/postgres -D "))
}

const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
