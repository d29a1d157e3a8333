//! TLS in front of the proxy.

mod certificates;
mod clients;
mod handshakes;
pub(crate) use handshakes::{client_hello, shake_hands};
mod reloading;
mod sessions;
