//! TLS in front of the proxy.

mod certificates;
mod clients;
mod handshakes;
mod reloading;
mod sessions;
