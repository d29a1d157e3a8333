use crate::failure::AtPath;
use pgs_core::Result;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::{path::Path, process::Command, time::Duration};

/// A process, known by its number: systems without descriptors for processes leave nothing better.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
}

impl Process {
    /// The process of this number, if it is a server of this directory.
    pub(crate) fn in_directory(pid: i32, directory: &Path) -> Option<Self> {
        let process = Self::open(pid)?;
        let output = Command::new("ps")
            .args(["-o", "command=", "-p", &pid.to_string()])
            .output()
            .ok()?;
        let command = String::from_utf8_lossy(&output.stdout).into_owned();
        command
            .contains(&*directory.to_string_lossy())
            .then_some(process)
    }

    /// Only the postmaster shows its directory; its children end soon after it.
    pub(crate) fn all_in(directory: &Path) -> Result<Vec<Self>> {
        let output = Command::new("ps")
            .args(["-axo", "pid="])
            .output()
            .at("list processes for", directory)?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let pids = text.lines().filter_map(|line| line.trim().parse().ok());
        Ok(pids
            .filter_map(|pid| Self::in_directory(pid, directory))
            .collect())
    }

    pub(crate) fn open(pid: i32) -> Option<Self> {
        let pid = Pid::from_raw(pid)?;
        test_kill_process(pid).ok()?;
        Some(Self { pid })
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
        while test_kill_process(self.pid).is_ok() {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(())
    }
}

const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
