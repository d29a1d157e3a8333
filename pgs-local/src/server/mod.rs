//! The server's processes: finding, starting, awaiting and stopping them.

pub(crate) mod alter;
pub(crate) mod cgroup;
pub(crate) mod create;
#[cfg(target_os = "linux")]
mod mounts;
pub(crate) mod postmaster;
#[cfg_attr(target_os = "linux", path = "process_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "process_other.rs")]
pub(crate) mod process;
pub(crate) mod ready;
pub(crate) mod start;
pub(crate) mod stop;
