//! The durable catalogue of pgs: `SQLite` shared by every process that embeds it.
//!
//! All processes that open one state directory see the same tenants, and a change made by one is seen by the others at
//! their next look. It needs a local disk: `SQLite`'s write-ahead log and file locks do not work over NFS.

mod sqlite_catalog;

mod change_counter;
mod connection;
mod events;
mod fault;
mod file_lock;
mod gate;
mod lock_directory;
mod schema;
mod tenants;
mod worker;

pub use sqlite_catalog::SqliteCatalog;
