//! One process takes the place of another in front of the same state directory.
//!
//! Every replaceable proxy answers on a control socket in the state directory. A successor asks there for the listening
//! sockets, accepts from them, and only then says so, upon which the predecessor stops accepting and keeps the sessions
//! it has. The sockets are never closed in between, so no connection attempt meets a closed port. Until that last word
//! the predecessor serves as if nobody had asked.
//!
//! The same sockets carry cancel requests to the process whose session they are for.

mod control;
pub(crate) use control::{Control, Desk};
mod presence;
pub(crate) use presence::Presence;
mod peers;
pub(crate) use peers::Peers;
mod predecessor;
pub(crate) use predecessor::Predecessor;
mod place;
pub(crate) use place::Place;

mod channel;
mod descriptor;
mod message;

#[cfg(test)]
mod tests;
