//! The live sessions: who they belong to, and how they are ended from outside.

mod origin;
pub(crate) use origin::Origin;
mod registry;
pub(crate) use registry::{Sessions, Stub, Ticket};
mod dismissal;
pub(crate) use dismissal::dismiss;
mod task;
pub(crate) use task::Session;
mod revocation;
pub(crate) use revocation::revoke_forever;
