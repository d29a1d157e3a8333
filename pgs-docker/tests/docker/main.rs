//! The Docker provisioner on a real engine and real servers.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod machine;

mod promises;
