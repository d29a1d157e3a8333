use crate::failure::AtPath;
use pgs_core::Result;
use rustix::{
    fd::OwnedFd,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};
use tokio::io::{Interest, unix::AsyncFd};

/// A process, held by a descriptor: another one that gets its number later is never mistaken for it.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
    fd: OwnedFd,
}

impl Process {
    /// The process of this number, if it works in this directory.
    pub(crate) fn in_directory(pid: i32, directory: &Path) -> Option<Self> {
        let process = Self::open(pid)?;
        works_in(&proc_cwd(pid), directory).then_some(process)
    }

    /// All processes that work in this directory.
    pub(crate) fn all_in(directory: &Path) -> Result<Vec<Self>> {
        let proc = Path::new("/proc");
        let entries = fs::read_dir(proc).at("read", proc)?;
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        Ok(pids
            .filter_map(|pid| Self::in_directory(pid, directory))
            .collect())
    }

    pub(crate) fn open(pid: i32) -> Option<Self> {
        let pid = Pid::from_raw(pid)?;
        let fd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        Some(Self { pid, fd })
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// One that is gone is not an error.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        match pidfd_send_signal(&self.fd, signal) {
            Err(rustix::io::Errno::SRCH) => Ok(()),
            sent => sent.at("signal", &proc_cwd(self.pid())),
        }
    }

    /// Waits until it is gone.
    pub(crate) async fn exited(&self) -> Result<()> {
        let here = proc_cwd(self.pid());
        let fd = self.fd.try_clone().at("await", &here)?;
        #[expect(
            deprecated,
            reason = "its successor is an unsafe function; an OwnedFd keeps what that one asks for"
        )]
        let fd = AsyncFd::with_interest(fd, Interest::READABLE).at("await", &here)?;
        fd.readable().await.map(drop).at("await", &here)
    }
}

fn proc_cwd(pid: i32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/cwd"))
}

fn works_in(cwd: &Path, directory: &Path) -> bool {
    let identity = |path: &Path| -> io::Result<(u64, u64)> {
        let meta = fs::metadata(path)?;
        Ok((meta.dev(), meta.ino()))
    };
    matches!((identity(cwd), identity(directory)), (Ok(one), Ok(other)) if one == other)
}
