use crate::fault::{self, Fault};
use pgs_core::{
    Error, ErrorKind, TenantId, TenantRecord, TenantUid,
    catalog::{Change, already_exists, changed_meanwhile, gone},
};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) fn named(connection: &Connection, id: &TenantId) -> Result<Option<TenantRecord>, Fault> {
    let mut statement = connection.prepare_cached(NAMED)?;
    let found = statement.query_row([id.as_str()], text).optional()?;
    found.as_deref().map(from_json).transpose()
}

pub(crate) fn of_uid(
    connection: &Connection,
    uid: TenantUid,
) -> Result<Option<TenantRecord>, Fault> {
    let mut statement = connection.prepare_cached(OF_UID)?;
    let found = statement.query_row([uid.to_string()], text).optional()?;
    found.as_deref().map(from_json).transpose()
}

/// Oldest first, which for uids is their order.
pub(crate) fn all(connection: &Connection) -> Result<Vec<TenantRecord>, Fault> {
    let mut statement = connection.prepare_cached(ALL)?;
    let texts = statement.query_map([], text)?;
    texts.map(|text| from_json(&text?)).collect()
}

/// What became of the tenants with an event after this one.
pub(crate) fn changed_since(connection: &Connection, after: u64) -> Result<Vec<Change>, Fault> {
    // Whoever knows nothing yet has nobody to forget, and need not have the whole log read.
    if after == 0 {
        let put = |record| Change::Put(Box::new(record));
        return Ok(all(connection)?.into_iter().map(put).collect());
    }
    let mut statement = connection.prepare_cached(CHANGED)?;
    let rows = statement.query_map([after], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| row.map_err(Fault::from).and_then(change))
        .collect()
}

fn change((uid, record): (String, Option<String>)) -> Result<Change, Fault> {
    match record {
        Some(record) => Ok(Change::Put(Box::new(from_json(&record)?))),
        None => Ok(Change::Gone(fault::stored(uid.parse())?)),
    }
}

pub(crate) fn insert(
    connection: &Connection,
    mut record: TenantRecord,
) -> Result<TenantRecord, Fault> {
    record.revision = 1;
    put(connection, INSERT, &record)?;
    Ok(record)
}

pub(crate) fn update(
    connection: &Connection,
    mut record: TenantRecord,
) -> Result<TenantRecord, Fault> {
    if !is_at_its_revision(connection, &record)? {
        return Err(gone(&record.id).into());
    }
    record.revision += 1;
    put(connection, UPDATE, &record)?;
    Ok(record)
}

/// Whether there was something to delete.
pub(crate) fn delete(connection: &Connection, record: &TenantRecord) -> Result<bool, Fault> {
    let exists = is_at_its_revision(connection, record)?;
    if exists {
        connection
            .prepare_cached(DELETE)?
            .execute([record.uid.to_string()])?;
    }
    Ok(exists)
}

/// `false` when the record is gone, and `Conflict` when it moved on.
fn is_at_its_revision(connection: &Connection, record: &TenantRecord) -> Result<bool, Fault> {
    let mut statement = connection.prepare_cached(REVISION)?;
    let now: Option<u64> = statement
        .query_row([record.uid.to_string()], |row| row.get(0))
        .optional()?;
    match now {
        Some(revision) if revision != record.revision => Err(changed_meanwhile(&record.id).into()),
        now => Ok(now.is_some()),
    }
}

fn put(connection: &Connection, sql: &str, record: &TenantRecord) -> Result<(), Fault> {
    let held_name = record.holds_name().then(|| record.id.as_str());
    let values = params![
        record.uid.to_string(),
        held_name,
        record.revision,
        to_json(record)?
    ];
    match connection.prepare_cached(sql)?.execute(values) {
        Err(error) if is_taken(&error) => Err(already_exists(&record.id).into()),
        done => Ok(done.map(|_| ())?),
    }
}

fn is_taken(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    error.sqlite_error().is_some_and(|error| {
        matches!(
            error.extended_code,
            SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY
        )
    })
}

fn text(row: &Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}

fn from_json(text: &str) -> Result<TenantRecord, Fault> {
    fault::stored(serde_json::from_str(text))
}

fn to_json(record: &TenantRecord) -> Result<String, Fault> {
    serde_json::to_string(record).map_err(|source| {
        let text = format!(
            "the record of tenant `{}` cannot be written down",
            record.id
        );
        Error::new(ErrorKind::InvalidInput, text)
            .with_source(source)
            .into()
    })
}

pub(crate) const NAMED: &str = "SELECT record FROM tenants WHERE held_name = ?1";
pub(crate) const OF_UID: &str = "SELECT record FROM tenants WHERE uid = ?1";
pub(crate) const ALL: &str = "SELECT record FROM tenants ORDER BY uid";
pub(crate) const CHANGED: &str = "
    SELECT touched.uid, tenants.record
    FROM (SELECT DISTINCT uid FROM events WHERE seq > ?1) AS touched
    LEFT JOIN tenants ON tenants.uid = touched.uid
    ORDER BY touched.uid";
const REVISION: &str = "SELECT revision FROM tenants WHERE uid = ?1";
const INSERT: &str =
    "INSERT INTO tenants (uid, held_name, revision, record) VALUES (?1, ?2, ?3, ?4)";
const UPDATE: &str = "UPDATE tenants SET held_name = ?2, revision = ?3, record = ?4 WHERE uid = ?1";
const DELETE: &str = "DELETE FROM tenants WHERE uid = ?1";
