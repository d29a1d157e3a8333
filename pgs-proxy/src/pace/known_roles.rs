use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Mutex, PoisonError},
};

/// Roles of tenants that have logged in since the proxy started: their servers have them, or had.
#[derive(Debug, Default)]
pub(super) struct KnownRoles {
    hasher: RandomState,
    known: Mutex<HashSet<RoleKey>>,
}

/// A role of a tenant. That two of them have the same now and then does no harm: what is learnt is a little less pure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RoleKey(u64);

impl KnownRoles {
    pub(super) fn key(&self, role: &[u8]) -> RoleKey {
        RoleKey(self.hasher.hash_one(role))
    }

    /// Forgets all when there are too many: whoever logs in again is known again.
    pub(super) fn add(&self, role: RoleKey) {
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
        let [alice, bob] = [&b"alice"[..], b"bob"].map(|role| roles.key(role));
        roles.add(alice);
        assert!(roles.have(alice) && !roles.have(bob));
        for number in 0..MOST {
            roles.add(roles.key(&number.to_be_bytes()));
        }
        assert!(!roles.have(alice));
        roles.add(alice);
        assert!(roles.have(alice));
        assert!(roles.known.lock().unwrap().len() <= MOST);
    }
}
