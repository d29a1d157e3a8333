use super::{Ban, Session, Tenant};
use pgs_core::TenantId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one process tells of its proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// The process.
    pub pid: u32,
    /// Its version of pgs.
    pub version: String,
    /// When its proxy began, in milliseconds since 1970.
    pub since_ms: u64,
    /// Whether it lets in nobody new since it is shutting down.
    pub draining: bool,
    /// Where it listens.
    pub listeners: Vec<String>,
    /// The live sessions, the oldest first.
    pub sessions: Vec<Session>,
    /// What single tenants' sessions did: the first tenants that had one, as many as `metrics_tenants` says.
    pub tenants: BTreeMap<TenantId, Tenant>,
    /// Who is turned away for failed logins.
    pub bans: Vec<Ban>,
}
