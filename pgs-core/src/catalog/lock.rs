use std::fmt::Debug;

/// The right to work on one tenant, held until dropped, and let go by the operating system when its holder dies.
pub trait TenantLock: Debug + Send + Sync {}
