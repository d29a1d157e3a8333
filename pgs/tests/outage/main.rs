//! What becomes of tenants when their Docker Engine goes away and comes back.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the functions of a test are tests, too"
)]

mod house;
mod witness;

mod away;
mod killed;
mod stopped;
