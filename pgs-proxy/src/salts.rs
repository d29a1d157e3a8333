use pgs_core::wire::Challenge;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The salts that live servers have told, so that a name keeps its salt when its server no longer answers.
///
/// A salt that changes when a tenant is disabled tells a stranger that there is one. Salts are no secret by themselves:
/// whoever asks to log in is told.
#[derive(Debug, Default)]
pub(crate) struct Salts(Mutex<Table>);

/// The salt that clients were told for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownSalt {
    /// Which role of which tenant it belongs to: [`RouteRequest::identity`](pgs_core::routing::RouteRequest::identity).
    pub name: Vec<u8>,
    /// What the server answered.
    pub challenge: Challenge,
}

impl KnownSalt {
    /// The salt of this name.
    pub fn new(name: Vec<u8>, challenge: Challenge) -> Self {
        Self { name, challenge }
    }
}

#[derive(Debug, Default)]
struct Table {
    by_name: HashMap<Arc<[u8]>, Known>,
    /// The one that was told longest ago first.
    order: BTreeMap<u64, Arc<[u8]>>,
    last: u64,
    has_new: bool,
}

#[derive(Debug)]
struct Known {
    challenge: Challenge,
    number: u64,
    is_new: bool,
}

impl Salts {
    pub(crate) fn of(&self, name: &[u8]) -> Option<Challenge> {
        let table = self.table();
        table.by_name.get(name).map(|known| known.challenge.clone())
    }

    pub(crate) fn learn(&self, name: &[u8], challenge: Challenge) {
        if name.len() > LONGEST_NAME {
            return;
        }
        let mut table = self.table();
        let is_new = match table.by_name.get(name) {
            Some(known) => known.is_new || known.challenge != challenge,
            None => true,
        };
        table.has_new |= is_new;
        table.insert(name, challenge, is_new);
    }

    /// Takes over what was learnt elsewhere or before, oldest first, except where this proxy has heard something newer.
    pub(crate) fn preset(&self, salts: impl IntoIterator<Item = KnownSalt>) {
        let mut table = self.table();
        for KnownSalt { name, challenge } in salts {
            let known = table.by_name.get(&name[..]);
            if known.is_none_or(|known| !known.is_new) {
                table.insert(&name, challenge, false);
            }
        }
    }

    /// What was learnt since the last call, oldest first.
    pub(crate) fn take_new(&self) -> Vec<KnownSalt> {
        let mut table = self.table();
        let Table {
            by_name,
            order,
            has_new,
            ..
        } = &mut *table;
        let mut new = Vec::new();
        if !std::mem::take(has_new) {
            return new;
        }
        for name in order.values() {
            if let Some(known) = by_name.get_mut(name)
                && std::mem::take(&mut known.is_new)
            {
                new.push(KnownSalt::new(name.to_vec(), known.challenge.clone()));
            }
        }
        new
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn insert(&mut self, name: &[u8], challenge: Challenge, is_new: bool) {
        self.last += 1;
        let number = self.last;
        let known = self.by_name.remove_entry(name);
        let name = match known {
            Some((name, known)) => {
                self.order.remove(&known.number);
                name
            }
            None => Arc::from(name),
        };
        self.order.insert(number, Arc::clone(&name));
        let known = Known {
            challenge,
            number,
            is_new,
        };
        self.by_name.insert(name, known);
        if self.by_name.len() > REMEMBERED
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.by_name.remove(&oldest);
        }
    }
}

/// At about 200 bytes each.
const REMEMBERED: usize = 100_000;
/// A user name and whatever else names a tenant are shorter.
const LONGEST_NAME: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(iterations: u32) -> Challenge {
        Challenge::new("c2FsdA==", iterations).unwrap()
    }

    fn known(name: &str, iterations: u32) -> KnownSalt {
        KnownSalt::new(name.into(), challenge(iterations))
    }

    #[test]
    fn the_latest_salt_is_known_and_new_only_when_it_changes() {
        let salts = Salts::default();
        salts.learn(b"acme", challenge(1));
        assert_eq!(salts.take_new(), [known("acme", 1)]);
        salts.learn(b"acme", challenge(1));
        assert_eq!(salts.take_new(), []);
        salts.learn(b"acme", challenge(2));
        assert_eq!(salts.of(b"acme"), Some(challenge(2)));
        assert_eq!(salts.take_new(), [known("acme", 2)]);
    }

    #[test]
    fn what_was_heard_here_beats_what_was_kept() {
        let salts = Salts::default();
        salts.learn(b"acme", challenge(2));
        salts.preset([known("acme", 1), known("beta", 3)]);
        assert_eq!(salts.of(b"acme"), Some(challenge(2)));
        assert_eq!(salts.of(b"beta"), Some(challenge(3)));
        assert_eq!(salts.take_new(), [known("acme", 2)]);
        salts.preset([known("acme", 1)]);
        assert_eq!(salts.of(b"acme"), Some(challenge(1)));
    }

    #[test]
    fn names_that_are_told_stay_while_others_go() {
        let salts = Salts::default();
        salts.learn(b"in use", challenge(1));
        salts.learn(b"forgotten", challenge(1));
        for number in 0..REMEMBERED - 1 {
            if number == 9 {
                salts.learn(b"in use", challenge(1));
            }
            salts.learn(number.to_string().as_bytes(), challenge(1));
        }
        assert_eq!(salts.table().by_name.len(), REMEMBERED);
        assert_eq!(salts.table().order.len(), REMEMBERED);
        assert_eq!(salts.of(b"forgotten"), None);
        assert!(salts.of(b"in use").is_some());
    }
}
