use crate::fault::Fault;
use pgs_core::{Result, catalog::Version};
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError};

/// A connection that never writes, so that its `data_version` moves with every commit of anybody else, this process's
/// own writer included.
#[derive(Debug)]
pub(crate) struct ChangeCounter(Mutex<Connection>);

impl ChangeCounter {
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Mutex::new(connection))
    }

    /// Measured at 2 µs (half of 1,000 calls; 99 % under 4 µs), and at 30 µs for the first call after a commit. Mostly only
    /// the header of the shared log index is read, which is memory.
    pub(crate) fn read(&self) -> Result<Version> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(data_version(&connection).map_err(Fault::from)?)
    }
}

fn data_version(connection: &Connection) -> rusqlite::Result<Version> {
    let mut statement = connection.prepare_cached("PRAGMA data_version")?;
    statement.query_row([], |row| row.get(0).map(Version))
}
