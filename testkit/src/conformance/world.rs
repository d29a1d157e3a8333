//! What has to be there before the suite runs.
//!
//! The judge has a role, with a database of its own, for each of [`ROLES`]. The candidate has a running tenant for each
//! of them, and for a client that may learn reasons [`CLOSED`], which is disabled, and [`HALTED`], which is stopped.

/// The roles that log in.
pub const ROLES: [&str; 3] = [ACME, BETA, LONGEST];
/// Most clients are this one.
pub const ACME: &str = "acme";
/// Somebody else.
pub const BETA: &str = "beta";
/// As long as a name can be.
pub const LONGEST: &str = "long-3456789012345678901234567890123456789012345678901234567890";
/// A tenant that lets nobody in.
pub const CLOSED: &str = "closed";
/// A tenant whose server does not run.
pub const HALTED: &str = "halted";

/// The password of this role, and of the tenant of this name.
pub fn password(name: &str) -> String {
    format!("the password of {name}")
}
