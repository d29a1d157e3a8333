//! The durable record of tenants: the [`Catalog`] trait, and one in memory for tests.

mod event;
mod lock;
mod memory;
mod store;

pub use event::{Event, EventKind};
pub use lock::TenantLock;
pub use memory::MemoryCatalog;
pub use store::{Catalog, Change, Changes, Version};
