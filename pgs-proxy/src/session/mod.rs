//! The live sessions: who they belong to, and how they are ended from outside.

mod gauge;
pub(crate) use gauge::Gauge;
mod info;
pub use info::{SessionInfo, SessionState};
mod visitor;
pub(crate) use visitor::Visitor;
mod registry;
pub(crate) use registry::{Sessions, Stub, Ticket};
mod dismissal;
pub(crate) use dismissal::dismiss;
mod task;
pub(crate) use task::Session;
mod revocation;
pub(crate) use revocation::revoke_forever;
