//! The same bytes to a real PostgreSQL and to the proxy: the answers are the same bytes, but for what has to differ.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the functions of a test are tests, too"
)]

#[path = "../common/mod.rs"]
mod common;
mod said;
#[path = "../common/tls_door.rs"]
mod tls_door;

mod banning;
mod conformance;
mod conformance_in_tls;
mod limits;
mod logging_in;
mod refusing;
mod revoking;
mod sessions;
mod tls;
mod uniform;
