//! The same bytes to a real PostgreSQL and to the proxy: the answers are the same bytes, but for what has to differ.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the functions of a test are tests, too"
)]

#[path = "../common/mod.rs"]
mod common;
mod said;

mod banning;
mod conformance;
mod limits;
mod refusing;
mod revoking;
mod sessions;
mod uniform;
