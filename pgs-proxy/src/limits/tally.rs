use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many of something each of many has. Those that have none take no memory.
#[derive(Debug)]
pub(crate) struct Tally<K: Clone + Eq + Hash>(Mutex<HashMap<K, u32>>);

impl<K: Clone + Eq + Hash> Default for Tally<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// One that was counted; dropping it counts it off.
#[derive(Debug)]
pub(crate) struct Share<K: Clone + Eq + Hash> {
    tally: Arc<Tally<K>>,
    key: K,
}

impl<K: Clone + Eq + Hash> Tally<K> {
    /// Counts one more, unless there are as many as there may be.
    pub(crate) fn take(self: &Arc<Self>, key: K, limit: Option<u32>) -> Option<Share<K>> {
        let mut counts = self.counts();
        let count = counts.get(&key).copied().unwrap_or_default();
        if limit.is_some_and(|limit| count >= limit) {
            return None;
        }
        counts.insert(key.clone(), count + 1);
        Some(Share {
            tally: Arc::clone(self),
            key,
        })
    }

    /// How many have any.
    pub(crate) fn len(&self) -> usize {
        self.counts().len()
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut counts = self.tally.counts();
        match counts.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_limit_and_gets_its_share_back() {
        let tally = Arc::new(Tally::default());
        let first = tally.take("a", Some(1)).unwrap();
        assert!(tally.take("a", Some(1)).is_none());
        let _other = tally.take("b", Some(1)).unwrap();
        let _second = tally.take("a", None).unwrap();
        drop(first);
        assert!(tally.take("a", Some(2)).is_some());
    }

    #[test]
    fn who_has_none_takes_no_memory() {
        let tally = Arc::new(Tally::default());
        let shares = [tally.take(1, None), tally.take(1, None)];
        drop(shares);
        assert!(tally.counts().is_empty());
    }
}
