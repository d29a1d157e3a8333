//! What a tenant is: its name, its lasting identity, what was asked for, where it stands.

mod access;
mod lifecycle;
mod limits;
mod network;
mod network_rules;
mod password;
mod record;
mod setting;
mod setting_name;
mod spec;
mod spec_change;
mod tenant_id;
mod tenant_uid;

pub use access::Access;
pub use lifecycle::{Desired, Lifecycle};
pub use limits::{ByteSize, Cpus, Limits};
pub use network::Network;
pub use network_rules::{NetworkRules, NetworksChange};
pub use password::{Password, ScramVerifier};
pub use record::TenantRecord;
pub use setting::Setting;
pub use setting_name::SettingName;
pub use spec::{InitScript, InstanceSpec, PgMajor, Privilege, ScriptRole, TenantSpec};
pub use spec_change::{Change, SpecChange};
pub use tenant_id::{TenantId, is_reserved_role};
pub use tenant_uid::TenantUid;
