use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Mutex, PoisonError},
};

/// Roles of tenants that their servers have, or had: those that have logged in since the proxy started, and those that
/// tenants are created with.
#[derive(Debug, Default)]
pub(super) struct KnownRoles {
    hasher: RandomState,
    known: Mutex<HashSet<RoleKey>>,
}

/// A role of a tenant. That two of them have the same now and then does no harm: what is learnt is a little less pure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RoleKey {
    hash: u64,
    /// Its tenant's.
    pub(super) tenant: u64,
    /// Whether it has its tenant's name.
    is_own: bool,
}

impl KnownRoles {
    /// That of a [`RouteRequest::identity`](pgs_core::routing::RouteRequest::identity).
    pub(super) fn key(&self, role: &[u8]) -> RoleKey {
        let tenant = role.rsplit(|byte| *byte == 0).next().unwrap_or(role);
        RoleKey {
            hash: self.hasher.hash_one(role),
            tenant: self.hasher.hash_one(tenant),
            is_own: tenant.len() == role.len(),
        }
    }

    /// Forgets all when there are too many: whoever logs in again is known again.
    pub(super) fn add(&self, role: RoleKey) {
        if role.is_own {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains(&role) {
            known.clear();
        }
        known.insert(role);
    }

    pub(super) fn len(&self) -> usize {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.len()
    }

    pub(super) fn have(&self, role: RoleKey) -> bool {
        if role.is_own {
            return true;
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains(&role)
    }
}

const MOST: usize = 32_768;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_logged_in_is_known_and_the_memory_has_an_end() {
        let roles = KnownRoles::default();
        let [alice, bob] = [&b"alice\0acme"[..], b"bob\0acme"].map(|role| roles.key(role));
        roles.add(alice);
        assert!(roles.have(alice) && !roles.have(bob));
        for number in 0..MOST {
            roles.add(roles.key(format!("{number}\0acme").as_bytes()));
        }
        assert!(!roles.have(alice));
        roles.add(alice);
        assert!(roles.have(alice));
        assert!(roles.known.lock().unwrap().len() <= MOST);
    }

    #[test]
    fn the_role_that_a_tenant_is_created_with_needs_no_memory() {
        let roles = KnownRoles::default();
        let acme = roles.key(b"acme");
        assert!(roles.have(acme));
        assert_eq!(acme.tenant, roles.key(b"app\0acme").tenant);
        roles.add(acme);
        assert_eq!(roles.len(), 0);
    }
}
