//! What is counted beside plain numbers: how long things took, and what each tenant did.

mod histogram;
pub use histogram::Distribution;
pub(crate) use histogram::{Histogram, LATENCIES, LIFETIMES};
mod tenants;
pub use tenants::TenantSnapshot;
pub(crate) use tenants::{TenantCounters, Tenants};
