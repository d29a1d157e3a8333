//! The scenarios that every language's package implements under the same names; bindings/scenarios.txt lists them.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod access;
mod changing;
mod creating;
mod house;
mod managers;
mod power;
mod removing;
mod serving;
mod watching;
