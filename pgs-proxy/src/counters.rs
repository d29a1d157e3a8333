use crate::{
    TlsVersion,
    metering::{Distribution, Histogram, LATENCIES, LIFETIMES, TenantSnapshot, Tenants},
    relay::End,
};
use pgs_core::{TenantId, routing::Refusal};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

/// What a proxy has done since it was made. Counted without locks; read it with [`snapshot`](Counters::snapshot).
#[derive(Debug)]
pub struct Counters {
    pub(crate) accepted: AtomicU64,
    pub(crate) opened: AtomicU64,
    pub(crate) handshakes_begun: AtomicU64,
    pub(crate) handshakes_over: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) handshakes_evicted: AtomicU64,
    pub(crate) handshakes_refused: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    pub(crate) cancels_forwarded: AtomicU64,
    pub(crate) cancels_dropped: AtomicU64,
    pub(crate) bytes_to_backend: AtomicU64,
    pub(crate) bytes_to_client: AtomicU64,
    pub(crate) bans: AtomicU64,
    pub(crate) draining: AtomicBool,
    pub(crate) handshake: Histogram<{ LATENCIES.len() }>,
    pub(crate) connect: Histogram<{ LATENCIES.len() }>,
    pub(crate) login: Histogram<{ LATENCIES.len() }>,
    pub(crate) duration: Histogram<{ LIFETIMES.len() }>,
    pub(crate) tenants: Tenants,
    refused: [AtomicU64; REASONS.len()],
    ended: [AtomicU64; End::ALL.len()],
    encrypted: [AtomicU64; ENCRYPTION.len()],
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
    /// Those that are over by what ended them; only what occurred.
    pub ended: BTreeMap<&'static str, u64>,
    /// Connections whose startup packet or cancel request was not read yet.
    pub live_handshakes: u64,
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
    /// Startup packets by how their connections are encrypted: `none`, `TLSv1.2` or `TLSv1.3`; only what occurred.
    pub encrypted: BTreeMap<&'static str, u64>,
    /// How often an address was banned for failed logins.
    pub bans: u64,
    /// Whether it lets in nobody new since it is shutting down.
    pub draining: bool,
    /// From accepting a connection to the end of its startup packet.
    pub handshake: Distribution,
    /// From knowing a session's route to the connection to its server.
    pub connect: Distribution,
    /// From a startup packet to the server's `ReadyForQuery`.
    pub login: Distribution,
    /// How long the sessions lasted that are over.
    pub duration: Distribution,
    /// What the sessions of single tenants did: the first tenants that had one, as many as
    /// [`metrics_tenants`](crate::ProxyConfig::metrics_tenants) says.
    pub tenants: BTreeMap<TenantId, TenantSnapshot>,
    /// What the sessions of all other tenants did.
    pub other_tenants: TenantSnapshot,
}

impl Counters {
    /// Counts this many tenants by name.
    pub(crate) fn new(tenants: usize) -> Self {
        Self {
            accepted: AtomicU64::new(0),
            opened: AtomicU64::new(0),
            handshakes_begun: AtomicU64::new(0),
            handshakes_over: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            handshakes_evicted: AtomicU64::new(0),
            handshakes_refused: AtomicU64::new(0),
            abandoned: AtomicU64::new(0),
            cancels_forwarded: AtomicU64::new(0),
            cancels_dropped: AtomicU64::new(0),
            bytes_to_backend: AtomicU64::new(0),
            bytes_to_client: AtomicU64::new(0),
            bans: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            handshake: Histogram::new(&LATENCIES),
            connect: Histogram::new(&LATENCIES),
            login: Histogram::new(&LATENCIES),
            duration: Histogram::new(&LIFETIMES),
            tenants: Tenants::new(tenants),
            refused: Default::default(),
            ended: Default::default(),
            encrypted: Default::default(),
        }
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        // What ends first, so that nothing is over that had not begun.
        let ended = by_name(End::ALL.map(End::as_str), &self.ended);
        let handshakes_over = self.handshakes_over.load(Relaxed);
        let sessions = self.opened.load(Relaxed);
        let (tenants, other_tenants) = self.tenants.snapshot();
        Snapshot {
            accepted: self.accepted.load(Relaxed),
            sessions,
            live_sessions: sessions.saturating_sub(ended.values().sum()),
            ended,
            live_handshakes: (self.handshakes_begun.load(Relaxed)).saturating_sub(handshakes_over),
            malformed: self.malformed.load(Relaxed),
            handshakes_evicted: self.handshakes_evicted.load(Relaxed),
            handshakes_refused: self.handshakes_refused.load(Relaxed),
            abandoned: self.abandoned.load(Relaxed),
            refused: by_name(REASONS, &self.refused),
            cancels_forwarded: self.cancels_forwarded.load(Relaxed),
            cancels_dropped: self.cancels_dropped.load(Relaxed),
            bytes_to_backend: self.bytes_to_backend.load(Relaxed),
            bytes_to_client: self.bytes_to_client.load(Relaxed),
            encrypted: by_name(ENCRYPTION, &self.encrypted),
            bans: self.bans.load(Relaxed),
            draining: self.draining.load(Relaxed),
            handshake: self.handshake.snapshot(),
            connect: self.connect.snapshot(),
            login: self.login.snapshot(),
            duration: self.duration.snapshot(),
            tenants,
            other_tenants,
        }
    }

    pub(crate) fn refused(&self, refusal: &Refusal) {
        count_one(REASONS, &self.refused, reason(refusal));
    }

    pub(crate) fn ended(&self, end: End) {
        count_one(End::ALL.map(End::as_str), &self.ended, end.as_str());
    }

    /// A startup packet was read from a connection that is encrypted like this.
    pub(crate) fn encrypted(&self, tls: Option<TlsVersion>) {
        let name = tls.map_or(IN_THE_CLEAR, TlsVersion::name);
        count_one(ENCRYPTION, &self.encrypted, name);
    }
}

/// Counts no tenant by name.
impl Default for Counters {
    fn default() -> Self {
        Self::new(0)
    }
}

fn count_one<const N: usize>(names: [&str; N], counts: &[AtomicU64; N], name: &str) {
    let count = names.iter().zip(counts).find(|(other, _)| **other == name);
    if let Some((_, count)) = count {
        add(count, 1);
    }
}

/// Only what occurred.
fn by_name<const N: usize>(
    names: [&'static str; N],
    counts: &[AtomicU64; N],
) -> BTreeMap<&'static str, u64> {
    let counts = counts.iter().map(|count| count.load(Relaxed));
    let counts = names.into_iter().zip(counts);
    counts.filter(|(_, count)| *count > 0).collect()
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
        Refusal::TooManyLogins => "too_many_logins",
        Refusal::ShuttingDown => "shutting_down",
        Refusal::BackendUnreachable(_) => "backend_unreachable",
        Refusal::CatalogUnavailable => "catalog_unavailable",
        Refusal::TlsRequired => "tls_required",
        Refusal::ClientCertificateRequired => "client_certificate_required",
        Refusal::KeyConflict => "key_conflict",
        Refusal::RoleReserved => "role_reserved",
        Refusal::Rewrite(_) => "rewrite",
        Refusal::AddressDenied => "address_denied",
        Refusal::AddressDeniedByTenant(_) => "address_denied_by_tenant",
        Refusal::Banned => "banned",
        _ => "other",
    }
}

const REASONS: [&str; 22] = [
    "unknown_tenant",
    "access_disabled",
    "not_running",
    "starting",
    "cluster_replication",
    "tenant_full",
    "too_many_waiting",
    "proxy_full",
    "address_full",
    "too_many_logins",
    "shutting_down",
    "backend_unreachable",
    "catalog_unavailable",
    "tls_required",
    "client_certificate_required",
    "key_conflict",
    "role_reserved",
    "rewrite",
    "address_denied",
    "address_denied_by_tenant",
    "banned",
    "other",
];

const IN_THE_CLEAR: &str = "none";

const ENCRYPTION: [&str; 3] = [
    IN_THE_CLEAR,
    TlsVersion::V1_2.name(),
    TlsVersion::V1_3.name(),
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
