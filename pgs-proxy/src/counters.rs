use pgs_core::routing::Refusal;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// What a proxy has done since it was made. Counted without locks; read it with [`snapshot`](Counters::snapshot).
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) accepted: AtomicU64,
    pub(crate) opened: AtomicU64,
    pub(crate) closed: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) handshakes_evicted: AtomicU64,
    pub(crate) handshakes_refused: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    pub(crate) cancels_forwarded: AtomicU64,
    pub(crate) cancels_dropped: AtomicU64,
    pub(crate) bytes_to_backend: AtomicU64,
    pub(crate) bytes_to_client: AtomicU64,
    refused: [AtomicU64; REASONS.len()],
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Connections taken from the listeners.
    pub accepted: u64,
    /// Sessions that were let through to a tenant's server.
    pub sessions: u64,
    /// Those of them that are still there.
    pub live_sessions: u64,
    /// Connections that ended before they made sense: port scans, health checks, timeouts, junk.
    pub malformed: u64,
    /// Connections that were closed in the middle of their handshake to make room for newer ones.
    pub handshakes_evicted: u64,
    /// Connections that were closed at once, since their address had its share of handshakes.
    pub handshakes_refused: u64,
    /// Clients that went away while they were held for a tenant that was starting.
    pub abandoned: u64,
    /// Refused sessions by their true reason; only reasons that occurred.
    pub refused: BTreeMap<&'static str, u64>,
    /// Cancel requests that were passed on.
    pub cancels_forwarded: u64,
    /// Cancel requests for keys nobody has, or above the limit.
    pub cancels_dropped: u64,
    /// Bytes from clients to servers. Live sessions report every mebibyte.
    pub bytes_to_backend: u64,
    /// Bytes from servers to clients. Live sessions report every mebibyte.
    pub bytes_to_client: u64,
}

impl Counters {
    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        let closed = self.closed.load(Relaxed);
        let sessions = self.opened.load(Relaxed);
        Snapshot {
            accepted: self.accepted.load(Relaxed),
            sessions,
            live_sessions: sessions.saturating_sub(closed),
            malformed: self.malformed.load(Relaxed),
            handshakes_evicted: self.handshakes_evicted.load(Relaxed),
            handshakes_refused: self.handshakes_refused.load(Relaxed),
            abandoned: self.abandoned.load(Relaxed),
            refused: self.refusals(),
            cancels_forwarded: self.cancels_forwarded.load(Relaxed),
            cancels_dropped: self.cancels_dropped.load(Relaxed),
            bytes_to_backend: self.bytes_to_backend.load(Relaxed),
            bytes_to_client: self.bytes_to_client.load(Relaxed),
        }
    }

    pub(crate) fn refused(&self, refusal: &Refusal) {
        let reason = reason(refusal);
        let count = REASONS
            .iter()
            .zip(&self.refused)
            .find(|(name, _)| **name == reason);
        if let Some((_, count)) = count {
            add(count, 1);
        }
    }

    fn refusals(&self) -> BTreeMap<&'static str, u64> {
        let counts = self.refused.iter().map(|count| count.load(Relaxed));
        REASONS
            .into_iter()
            .zip(counts)
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}

pub(crate) fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Relaxed);
}

/// The stable name of a refusal in logs and metrics.
pub(crate) fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownTenant => "unknown_tenant",
        Refusal::AccessDisabled(_) => "access_disabled",
        Refusal::NotRunning(_) => "not_running",
        Refusal::Starting(_) => "starting",
        Refusal::ClusterReplication => "cluster_replication",
        Refusal::TenantFull(_) => "tenant_full",
        Refusal::TooManyWaiting(_) => "too_many_waiting",
        Refusal::ProxyFull => "proxy_full",
        Refusal::AddressFull => "address_full",
        Refusal::ShuttingDown => "shutting_down",
        Refusal::BackendUnreachable(_) => "backend_unreachable",
        Refusal::CatalogUnavailable => "catalog_unavailable",
        Refusal::KeyConflict => "key_conflict",
        Refusal::RoleReserved => "role_reserved",
        Refusal::Rewrite(_) => "rewrite",
        Refusal::AddressDenied => "address_denied",
        Refusal::AddressDeniedByTenant(_) => "address_denied_by_tenant",
        Refusal::Banned => "banned",
        _ => "other",
    }
}

const REASONS: [&str; 19] = [
    "unknown_tenant",
    "access_disabled",
    "not_running",
    "starting",
    "cluster_replication",
    "tenant_full",
    "too_many_waiting",
    "proxy_full",
    "address_full",
    "shutting_down",
    "backend_unreachable",
    "catalog_unavailable",
    "key_conflict",
    "role_reserved",
    "rewrite",
    "address_denied",
    "address_denied_by_tenant",
    "banned",
    "other",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_by_reason() {
        let counters = Counters::default();
        counters.refused(&Refusal::ProxyFull);
        counters.refused(&Refusal::ProxyFull);
        counters.refused(&Refusal::UnknownTenant);
        let refused = counters.snapshot().refused;
        assert_eq!(refused, [("proxy_full", 2), ("unknown_tenant", 1)].into());
    }
}
