//! Failed logins, counted by the name that was asked for and the address that asked; too many make a ban.
//!
//! Nothing here knows which names exist, so a ban tells nothing about them.

mod policy;
pub use policy::BanPolicy;
mod ban;
pub use ban::Ban;
mod culprit;
pub(crate) use culprit::Culprit;
mod blame;
mod table;
use table::BanTable;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// The failures of all listeners.
#[derive(Debug)]
pub(crate) struct Bans(Mutex<BanTable>);

impl Bans {
    pub(crate) fn new(policy: BanPolicy) -> Self {
        Self(Mutex::new(BanTable::new(policy)))
    }

    pub(crate) fn is_banned(&self, culprit: &Culprit) -> bool {
        self.table().is_banned(culprit, Instant::now())
    }

    /// Counts a failure of that role and tenant; whether it made a ban.
    pub(crate) fn failed(&self, culprit: &Culprit, identity: &[u8]) -> bool {
        let banned_for = self.table().failed(culprit, identity, Instant::now());
        if let Some(length) = banned_for {
            tracing::warn!(
                tenant = %culprit.name().escape_ascii(),
                address = %culprit.network(),
                seconds = length.as_secs_f64(),
                "banned for failed logins"
            );
        }
        banned_for.is_some()
    }

    /// Forgives the failures of that role and tenant.
    pub(crate) fn succeeded(&self, culprit: &Culprit, identity: &[u8]) {
        self.table().succeeded(culprit, identity);
    }

    pub(crate) fn list(&self) -> Vec<Ban> {
        self.table().list(Instant::now())
    }

    /// How many pairs of a tenant and an address are remembered, banned or not.
    pub(crate) fn len(&self) -> usize {
        self.table().len()
    }

    pub(crate) fn lift(&self, culprit: &Culprit) -> bool {
        let mut table = self.table();
        let was_banned = table.is_banned(culprit, Instant::now());
        table.forget(culprit);
        was_banned
    }

    fn table(&self) -> MutexGuard<'_, BanTable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
