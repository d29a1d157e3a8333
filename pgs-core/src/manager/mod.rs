//! The lifecycle of tenants, written once over the catalogue and the provisioner.

mod access;
mod alter;
mod create;
mod networks;
mod power;
mod reconcile;
mod record_change;
mod report;
mod restart;
mod scripts;
mod tenant_manager;
mod trash;
mod view;

pub use create::Created;
pub use report::{Reconciled, Report};
pub use restart::{RestartHistory, RestartPolicy, Revival, Verdict};
pub use tenant_manager::TenantManager;
pub use view::TenantView;
