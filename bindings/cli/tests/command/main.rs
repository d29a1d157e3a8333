//! The real `pgs` command, in processes of its own, on real servers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod support;

mod away;
mod compose;
mod docker;
mod import;
#[cfg(feature = "kill-points")]
mod kill_points;
mod observing;
mod processes;
mod set;
mod takeover;
mod tls;
mod unix_socket;
