//! The durable record of tenants: the [`Catalog`] trait, and one in memory for tests.

mod event;
mod lock;
mod memory;
mod refused_write;
mod store;

pub use event::{Event, EventKind};
pub use lock::TenantLock;
pub use memory::MemoryCatalog;
pub use refused_write::{already_exists, changed_meanwhile, gone};
pub use store::{Catalog, Change, Changes, Version};
