//! The proxy over real sockets, in front of servers that say what a test tells them to.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of a test fail it"
)]

mod support;

mod banning;
mod bulk;
mod cancelling;
mod draining;
mod ending;
mod endless;
mod forwarding;
mod greeting;
mod introducing;
mod keys;
mod leaving;
mod limits;
mod load;
mod logging;
mod logging_in;
mod networks;
mod observing;
mod refusing;
mod revoking;
mod salting;
mod threads;
mod tls;
mod waiting;
