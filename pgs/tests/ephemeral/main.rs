//! What throw-away managers leave behind, above all those whose process was killed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the functions of a test are tests, too"
)]

mod actor;
mod stage;

mod docker;
mod killed;
mod living;
