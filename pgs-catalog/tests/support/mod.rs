//! What the tests of the catalogue share.
#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be made fails its test"
)]

use pgs_core::{InstanceSpec, PgMajor, TenantId, TenantRecord, TenantUid, Timestamp};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

pub(crate) fn id(name: &str) -> TenantId {
    name.parse().unwrap()
}

/// A new tenant's record, whatever the name of others.
pub(crate) fn record(name: &str) -> TenantRecord {
    record_made_at(name, NOW)
}

pub(crate) fn record_made_at(name: &str, at: Timestamp) -> TenantRecord {
    let (uid, spec) = (TenantUid::new(at), InstanceSpec::default());
    TenantRecord::creating(id(name), uid, "local", PgMajor::NEWEST, spec, at)
}
