//! The manager's SQL session into a tenant's server, shared by the provisioners of pgs.
//!
//! [`PgAdmin`] is what a provisioner hands out as [`Admin`](pgs_core::provision::Admin): it logs in as the superuser that
//! only the manager knows, over a Unix socket or TCP, once for each thing it is asked to do. It trusts nothing that a
//! tenant can write: it works in the database `postgres` where it can, and elsewhere with a `search_path` of its own.

mod deadlines;
mod failure;
mod login;
mod pg_admin;
mod readiness;
mod reload;
mod script;
mod session;
mod sql;
mod startup;
mod stats;
mod tenant;
mod termination;

pub use deadlines::Deadlines;
pub use pg_admin::PgAdmin;
pub use readiness::Readiness;
pub use startup::{Patience, Startup};
