use crate::{
    fault::{self, Fault},
    schema,
};
use pgs_core::{Error, ErrorKind, Result};
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

/// Makes the empty file, closed to all other OS users, unless there is one. `SQLite` gives its companions the same mode.
///
/// The caller keeps all other openers out: closing a file takes away the POSIX locks that `SQLite` has on it in this
/// process, so nobody may have this one open yet.
pub(crate) fn create(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
            Err(fault::io("create", path, source))
        }
        _ => Ok(()),
    }
}

pub(crate) fn open_writer(path: &Path) -> Result<Connection> {
    check_length(path)?;
    let connection = open(path)?;
    schema::check(&connection, path)?;
    set_up_writer(&connection)?;
    if connection.is_readonly(MAIN_DB).map_err(Fault::from)? {
        return Err(fault::not_writable());
    }
    Ok(connection)
}

pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    let connection = open(path)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(Fault::from)?;
    Ok(connection)
}

/// `SQLite` takes what is shorter than a page for an empty database and writes over it.
fn check_length(path: &Path) -> Result<()> {
    let metadata = fs::metadata(path).map_err(|source| fault::io("look at", path, source))?;
    match metadata.len() {
        0 | SMALLEST_PAGE.. => Ok(()),
        _ => Err(fault::corrupt("the catalogue's file was cut off")),
    }
}

fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(Fault::from)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(Fault::from)?;
    Ok(connection)
}

fn set_up_writer(connection: &Connection) -> Result<(), Fault> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(no_shared_memory().into());
    }
    // NORMAL would lose the last commits at a power loss.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

fn no_shared_memory() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the file system of the state directory cannot hold a catalogue shared by processes",
    )
    .with_remedy("put the state directory on a local disk")
}

/// <https://www.sqlite.org/fileformat.html#page_size>
const SMALLEST_PAGE: u64 = 512;
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
