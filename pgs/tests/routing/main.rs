//! What names a tenant and from where it is reached, with real servers behind the proxy.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the functions of a test are tests, too"
)]

#[expect(dead_code, reason = "the tests of the protocol need more of the stage")]
#[path = "../common/mod.rs"]
mod common;
mod front;
mod host;
#[expect(dead_code, reason = "the tests of clients need more of their peers")]
#[path = "../clients/peers.rs"]
mod peers;

mod clients;
mod keys;
mod networks;
mod roles;
mod strangers;
