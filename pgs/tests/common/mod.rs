//! What the tests of the whole product stand on: tenants with real servers, proxies in front, a real server beside.

mod lease;
mod stage;
pub(crate) use stage::{Stage, password};
