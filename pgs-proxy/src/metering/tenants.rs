use crate::counters::add;
use pgs_core::TenantId;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// What the sessions of one tenant, or of all the tenants that are not counted by name, have done.
#[derive(Debug, Default)]
pub(crate) struct TenantCounters {
    opened: AtomicU64,
    closed: AtomicU64,
    failed_logins: AtomicU64,
    bytes_to_backend: AtomicU64,
    bytes_to_client: AtomicU64,
}

/// What the sessions of one tenant have done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantSnapshot {
    /// Sessions that were let through to its server.
    pub sessions: u64,
    /// Those of them that are still there.
    pub live_sessions: u64,
    /// Those that its server turned away for a wrong password.
    pub failed_logins: u64,
    /// Bytes from clients to its server. Live sessions report every mebibyte.
    pub bytes_to_backend: u64,
    /// Bytes from its server to clients. Live sessions report every mebibyte.
    pub bytes_to_client: u64,
}

/// The counters by tenant. The first tenants that have a session are counted by name, and keep that for as long as the
/// process lives; all others are counted together. So nothing ever moves from one series to another, and no client can
/// make more of them: a name gets here only through the router.
#[derive(Debug)]
pub(crate) struct Tenants {
    limit: usize,
    named: Mutex<HashMap<TenantId, Arc<TenantCounters>>>,
    others: Arc<TenantCounters>,
}

impl TenantCounters {
    pub(crate) fn opened(&self) {
        add(&self.opened, 1);
    }

    pub(crate) fn closed(&self) {
        add(&self.closed, 1);
    }

    pub(crate) fn login_failed(&self) {
        add(&self.failed_logins, 1);
    }

    pub(crate) fn moved(&self, to_backend: u64, to_client: u64) {
        add(&self.bytes_to_backend, to_backend);
        add(&self.bytes_to_client, to_client);
    }

    fn snapshot(&self) -> TenantSnapshot {
        // First, so that no session is closed that was not opened.
        let closed = self.closed.load(Relaxed);
        let sessions = self.opened.load(Relaxed);
        TenantSnapshot {
            sessions,
            live_sessions: sessions.saturating_sub(closed),
            failed_logins: self.failed_logins.load(Relaxed),
            bytes_to_backend: self.bytes_to_backend.load(Relaxed),
            bytes_to_client: self.bytes_to_client.load(Relaxed),
        }
    }
}

impl TenantSnapshot {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            sessions: self.sessions + other.sessions,
            live_sessions: self.live_sessions + other.live_sessions,
            failed_logins: self.failed_logins + other.failed_logins,
            bytes_to_backend: self.bytes_to_backend + other.bytes_to_backend,
            bytes_to_client: self.bytes_to_client + other.bytes_to_client,
        }
    }
}

impl Tenants {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            named: Mutex::default(),
            others: Arc::default(),
        }
    }

    /// Where the sessions of this tenant are counted.
    pub(crate) fn of(&self, id: &TenantId) -> Arc<TenantCounters> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counters) = named.get(id) {
            return Arc::clone(counters);
        }
        // A tenant that has the name of the series of all others cannot have one of its own.
        if named.len() >= self.limit || id.as_str() == OTHERS {
            return Arc::clone(&self.others);
        }
        let counters = Arc::default();
        named.insert(id.clone(), Arc::clone(&counters));
        counters
    }

    /// Those that are counted by name, and all others together.
    pub(crate) fn snapshot(&self) -> (BTreeMap<TenantId, TenantSnapshot>, TenantSnapshot) {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        let named = named
            .iter()
            .map(|(id, counters)| (id.clone(), counters.snapshot()));
        (named.collect(), self.others.snapshot())
    }
}

/// What stands for all tenants that are not counted by name.
const OTHERS: &str = "other";

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    #[test]
    fn the_first_tenants_keep_their_names_and_the_rest_is_counted_together() {
        let tenants = Tenants::new(2);
        for name in ["a", "b", "c", "a", "d", "other"] {
            tenants.of(&id(name)).opened();
        }
        tenants.of(&id("c")).closed();
        let (named, others) = tenants.snapshot();
        assert_eq!(named.keys().collect::<Vec<_>>(), [&id("a"), &id("b")]);
        assert_eq!((named[&id("a")].sessions, others.sessions), (2, 3));
        assert_eq!(others.live_sessions, 2);
    }

    #[test]
    fn a_tenant_called_other_is_one_of_the_others() {
        let tenants = Tenants::new(2);
        tenants.of(&id("other")).opened();
        assert_eq!(tenants.snapshot().0.len(), 0);
        assert_eq!(tenants.snapshot().1.sessions, 1);
    }
}
