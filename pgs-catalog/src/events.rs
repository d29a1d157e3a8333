use crate::fault::{self, Fault};
use pgs_core::{
    TenantRecord, Timestamp,
    catalog::{Event, EventKind},
};
use rusqlite::{Connection, Row, params};

pub(crate) fn append(
    connection: &Connection,
    record: &TenantRecord,
    kind: EventKind,
    detail: Option<&str>,
    at: Timestamp,
) -> Result<(), Fault> {
    let (uid, id) = (record.uid.to_string(), record.id.as_str());
    connection.prepare_cached(APPEND)?.execute(params![
        at.as_millis(),
        uid,
        id,
        kind.name(),
        detail
    ])?;
    Ok(())
}

pub(crate) fn since(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<Event>, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(SINCE)?;
    let mut rows = statement.query(params![after, limit])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(event(row)?);
    }
    Ok(events)
}

/// The last event's number, 0 when nothing happened yet.
pub(crate) fn last(connection: &Connection) -> Result<u64, Fault> {
    Ok(connection
        .prepare_cached(LAST)?
        .query_row([], |row| row.get(0))?)
}

fn event(row: &Row<'_>) -> Result<Event, Fault> {
    let text = |column| row.get::<_, String>(column);
    Ok(Event::new(
        row.get("seq")?,
        Timestamp::from_millis(row.get("at")?),
        fault::stored(text("uid")?.parse())?,
        fault::stored(text("id")?.parse())?,
        fault::stored(serde_json::from_value(text("kind")?.into()))?,
        row.get("detail")?,
    ))
}

const APPEND: &str = "INSERT INTO events (at, uid, id, kind, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
pub(crate) const SINCE: &str =
    "SELECT seq, at, uid, id, kind, detail FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2";
const LAST: &str = "SELECT coalesce(max(seq), 0) FROM events";
