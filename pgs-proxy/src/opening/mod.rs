//! A connection before it is a session: what it wants, whether it may, and the way to its server.

mod opener;
pub(crate) use opener::Opening;
mod admission;
mod decoy;
mod forwarded;
mod gate;
mod handshake_watch;
pub(crate) use gate::Pass;
mod introduction;
mod last_words;
mod peer;
mod securing;
