//! The Docker provisioner on a real engine and real servers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod machine;

mod disk_full;
mod foreign;
mod initdb;
mod installations;
mod isolation;
mod lifecycle;
mod limits;
mod lost;
mod managers;
mod promises;
mod transports;
