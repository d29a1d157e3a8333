//! What live servers have told strangers, so that a name looks the same when its server no longer answers.

mod known_salt;
pub use known_salt::KnownSalt;
mod known_server;
pub use known_server::KnownServer;
mod guises;
pub(crate) use guises::Guise;
mod table;
use table::Table;

use pgs_core::{
    handshake::mock_scram::MockSecret,
    wire::{Challenge, ErrorSource},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The salts that live servers have told, and by what else the versions of servers are told apart.
///
/// A salt that changes when a tenant is disabled tells a stranger that there is one. Salts are no secret by themselves:
/// whoever asks to log in is told.
#[derive(Debug, Default)]
pub(crate) struct Salts(Mutex<Table>);

impl Salts {
    pub(crate) fn of(&self, name: &[u8]) -> Option<Challenge> {
        self.table().challenge(name)
    }

    /// The server that a refusal of this name is to look like. All roles of a tenant have one.
    pub(crate) fn guise(&self, name: &[u8], secret: &MockSecret, default: ErrorSource) -> Guise {
        self.table().guise(name, secret, default)
    }

    pub(crate) fn learn(&self, name: &[u8], challenge: Challenge, server: &KnownServer) {
        if name.len() > LONGEST_NAME {
            return;
        }
        let mut table = self.table();
        table.learn(name, challenge);
        table.learn_server(name, server);
    }

    /// Learns where the server that has told this name's salt raises a wrong password.
    pub(crate) fn learn_source(&self, name: &[u8], source: &ErrorSource) {
        let fields = [source.file(), source.line(), source.routine()];
        if fields.iter().all(|field| field.len() <= LONGEST_FIELD) {
            let server = KnownServer::unknown().with_wrong_password(source.clone());
            self.table().learn_server(name, &server);
        }
    }

    /// Takes over what was learnt elsewhere or before, oldest first, and is missing here.
    pub(crate) fn preset(&self, salts: impl IntoIterator<Item = KnownSalt>) {
        let salts: Vec<_> = salts.into_iter().collect();
        // Not all at once: logins wait for the table meanwhile.
        for some in salts.rchunks(AT_ONCE) {
            let mut table = self.table();
            for salt in some.iter().rev() {
                if salt.name.len() <= LONGEST_NAME {
                    table.preset(salt);
                }
            }
        }
    }

    /// What was learnt since the last call, oldest first.
    pub(crate) fn take_new(&self) -> Vec<KnownSalt> {
        self.table().take_fresh()
    }

    /// How many names' are known.
    pub(crate) fn len(&self) -> usize {
        self.table().len()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A user name and whatever else names a tenant are shorter.
const LONGEST_NAME: usize = 512;
/// The names of PostgreSQL's files and functions are shorter.
const LONGEST_FIELD: usize = 64;
const AT_ONCE: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(iterations: u32) -> Challenge {
        Challenge::new("c2FsdA==", iterations).unwrap()
    }

    fn known(name: &str, iterations: u32) -> KnownSalt {
        KnownSalt::new(name.into(), challenge(iterations))
    }

    fn learn(salts: &Salts, name: &str, iterations: u32) {
        salts.learn(
            name.as_bytes(),
            challenge(iterations),
            &KnownServer::unknown(),
        );
    }

    #[test]
    fn the_latest_salt_is_known_and_new_only_when_it_changes() {
        let salts = Salts::default();
        learn(&salts, "acme", 1);
        assert_eq!(salts.take_new(), [known("acme", 1)]);
        learn(&salts, "acme", 1);
        assert_eq!(salts.take_new(), []);
        learn(&salts, "acme", 2);
        assert_eq!(salts.of(b"acme"), Some(challenge(2)));
        assert_eq!(salts.take_new(), [known("acme", 2)]);
    }

    #[test]
    fn what_was_heard_here_beats_what_was_kept() {
        let salts = Salts::default();
        learn(&salts, "acme", 2);
        salts.preset([known("acme", 1), known("beta", 3)]);
        assert_eq!(salts.of(b"acme"), Some(challenge(2)));
        assert_eq!(salts.of(b"beta"), Some(challenge(3)));
        assert_eq!(salts.take_new(), [known("acme", 2)]);
        salts.preset([known("acme", 1)]);
        assert_eq!(salts.of(b"acme"), Some(challenge(2)));
    }

    #[test]
    fn the_latest_of_what_was_kept_is_taken_over() {
        let salts = Salts::default();
        salts.preset([known("acme", 1), known("beta", 1), known("acme", 2)]);
        assert_eq!(salts.of(b"acme"), Some(challenge(2)));
        assert_eq!(salts.take_new(), []);
    }
}
