//! What becomes of tenants when their Docker Engine goes away and comes back.
#![expect(clippy::unwrap_used, reason = "the functions of a test are tests, too")]

mod house;
mod witness;

mod away;
mod killed;
mod stopped;
