//! Names and texts as SQL.

pub(crate) use postgres_protocol::escape::{escape_identifier as name, escape_literal as text};

/// The superuser that only the manager knows.
pub(crate) const ADMIN: &str = "pgs_admin";
/// The role and the database that a template holds, to be renamed for a tenant.
pub(crate) const SPARE: &str = "pgs_tenant";
/// The database that belongs to the manager.
pub(crate) const HOME: &str = "postgres";
