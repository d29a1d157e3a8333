use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde_json::{Map, Value};

/// How often each of some things happened.
#[derive(Debug)]
pub(crate) struct Crowd<const N: usize> {
    names: [&'static str; N],
    counts: [AtomicU64; N],
}

impl<const N: usize> Crowd<N> {
    pub(crate) const fn of(names: [&'static str; N]) -> Self {
        Self {
            names,
            counts: [const { AtomicU64::new(0) }; N],
        }
    }

    pub(crate) fn count(&self, name: &str) {
        let position = self.names.iter().position(|known| *known == name);
        if let Some(count) = position.and_then(|position| self.counts.get(position)) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Relaxed)).sum()
    }

    pub(crate) fn say(&self) {
        println!("{}", Value::Object(self.named()));
    }

    /// Also how many that were in a second.
    pub(crate) fn say_in(&self, time: Duration) {
        let mut named = self.named();
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        named.insert("a second".to_owned(), (self.total() * 1000 / millis).into());
        println!("{}", Value::Object(named));
    }

    fn named(&self) -> Map<String, Value> {
        let counts = self
            .counts
            .iter()
            .map(|count| Value::from(count.load(Relaxed)));
        let names = self.names.iter().map(|name| (*name).to_owned());
        names.zip(counts).collect()
    }
}
