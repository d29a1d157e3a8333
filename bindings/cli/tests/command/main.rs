//! The real `pgs` command, in processes of its own, on real servers.

mod support;

#[cfg(feature = "kill-points")]
mod kill_points;
mod processes;
