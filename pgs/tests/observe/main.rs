//! What a running proxy tells of itself, asked by real HTTP clients.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test fail it"
)]

mod house;
mod metrics;
mod openmetrics;
mod status;
