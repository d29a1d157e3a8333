//! Cancel requests: whose key it is, and the way to the server that announced it.
//!
//! The keys are the servers' own, remembered while they pass by. Nothing is ever told to the sender, and a key that
//! nobody has makes the proxy contact nobody.

mod table;
pub(crate) use table::{CancelEntry, CancelTable};
mod forward;
use forward::forward;
mod errand;
pub(crate) use errand::{cancel, cancel_here};
