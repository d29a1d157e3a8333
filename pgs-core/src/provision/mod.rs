//! What makes and runs instances: the [`Provisioner`] trait, and one in memory for tests.

mod admin;
mod endpoint;
mod instance;
mod memory;
mod progress;
mod provisioner;
mod usage;

pub use admin::{Admin, InstanceStats, ScriptOutcome, ServerSession};
pub use endpoint::Endpoint;
pub use instance::{Instance, InstanceLabel, Marker, StopMode};
pub use memory::MemoryProvisioner;
pub use progress::{Progress, Silent, Step};
pub use provisioner::Provisioner;
pub use usage::{Alteration, Usage};
