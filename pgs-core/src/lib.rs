//! The domain of pgs: every tenant gets a `PostgreSQL` server of its own, and all of them stand behind one port.
//!
//! This crate holds what that means, free of sockets, processes and clocks: the startup-packet parser ([`wire`]) and the
//! handshake over it ([`handshake`]), what a tenant is ([`tenant`]), the traits that provisioners, catalogues and routers
//! implement, and the [`TenantManager`], which writes the lifecycle once over those traits. It runs nothing by itself:
//! the `pgs` crate puts it together with a provisioner, a catalogue and the proxy.
//!
//! ```
//! use pgs_core::{
//!     Access, ManualClock, TenantManager, TenantSpec, catalog::MemoryCatalog, provision::MemoryProvisioner,
//! };
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> pgs_core::Result<()> {
//! let clock = ManualClock::at(1_700_000_000_000);
//! let pgs = TenantManager::new(Arc::new(MemoryCatalog::new()), Arc::new(MemoryProvisioner::new()), Arc::new(clock));
//! let created = pgs.create("acme".parse()?, TenantSpec::default()).await?;
//! pgs.set_access(&created.id, Access::Enabled).await?;
//! assert_eq!(pgs.list().await?.len(), 1);
//! # Ok(())
//! # }
//! ```

mod clock;
mod error;

pub mod catalog;
pub mod handshake;
pub mod manager;
pub mod provision;
pub mod routing;
pub mod tenant;
pub mod wire;

pub use clock::{Clock, ManualClock, Timestamp};
pub use error::{Error, ErrorKind, Result};

pub use manager::{Created, TenantManager};
pub use provision::Endpoint;
pub use tenant::{
    Access, ByteSize, Change, Cpus, Desired, InitScript, InstanceSpec, Lifecycle, Limits, Network,
    NetworkRules, NetworksChange, Password, PgMajor, Privilege, ScramVerifier, ScriptRole, Setting,
    SettingName, SpecChange, TenantId, TenantRecord, TenantSpec, TenantUid,
};
