use crate::fault::{self, Fault};
use pgs_core::{Error, ErrorKind, Result};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Refuses a database that this pgs does not know, before anything in it is touched.
pub(crate) fn check(connection: &Connection, path: &Path) -> Result<()> {
    let version = version(connection)?;
    if version > MIGRATIONS.len() {
        return Err(newer(path, version));
    }
    Ok(())
}

/// Brings the tables up to what this pgs knows, one transaction for each step.
pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    let version = version(connection)?;
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(version) {
        apply(connection, step, sql)?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<usize, Fault> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (version, application) = (number("user_version")?, number("application_id")?);
    let is_ours = application == APPLICATION_ID || (version == 0 && is_empty(connection)?);
    match usize::try_from(version) {
        Ok(version) if is_ours => Ok(version),
        _ => Err(fault::corrupt("the catalogue's file is a database of something else").into()),
    }
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT NOT EXISTS (SELECT * FROM sqlite_schema)";
    connection.query_row(sql, [], |row| row.get(0))
}

fn apply(connection: &mut Connection, step: usize, sql: &str) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", step + 1)?;
    transaction.commit()?;
    Ok(())
}

fn newer(path: &Path, version: usize) -> Error {
    let (path, known) = (path.display(), MIGRATIONS.len());
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "the catalogue `{path}` has schema version {version}, this pgs knows up to {known}"
        ),
    )
    .with_remedy("upgrade pgs to the version that last wrote this state directory")
}

/// "pgsc", by which `file` and pgs tell a catalogue from other `SQLite` databases.
const APPLICATION_ID: i64 = 0x7067_7363;

/// Each brings version n to n + 1. They are history: add one, never change one. What an older pgs cannot read, such as a
/// new state or kind of event, needs one too, if an empty one: then the older pgs says so instead of calling it damage.
const MIGRATIONS: [&str; 2] = [
    include_str!("schema/001_tenants_and_events.sql"),
    include_str!("schema/002_networks.sql"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(connection: &Connection) -> Result<()> {
        super::check(connection, Path::new("/state/catalog.sqlite3"))
    }

    #[test]
    fn migrating_again_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).ok(), Some(MIGRATIONS.len()));
    }

    #[test]
    fn a_newer_catalogue_is_refused_with_both_versions() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = check(&connection).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("version 99"), "{error}");
        assert!(error.to_string().contains("up to 2"), "{error}");
        assert!(error.remedy().unwrap().contains("upgrade"));
    }

    #[test]
    fn a_database_of_another_program_is_left_alone() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE recipes (name)")
            .unwrap();
        assert_eq!(check(&connection).unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn every_look_up_has_an_index() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        for sql in [
            crate::tenants::NAMED,
            crate::tenants::OF_UID,
            crate::tenants::ALL,
            crate::events::SINCE,
            crate::tenants::CHANGED,
        ] {
            let plan = plan_of(&connection, sql);
            let scan = plan.lines().find(|step| {
                step.starts_with("SCAN ") && !step.contains("INDEX") && !step.contains("touched")
            });
            assert_eq!(scan, None, "{sql}: {plan}");
        }
    }

    fn plan_of(connection: &Connection, sql: &str) -> String {
        let mut statement = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let nulls =
            rusqlite::params_from_iter(vec![rusqlite::types::Null; statement.parameter_count()]);
        let steps = statement
            .query_map(nulls, |row| row.get::<_, String>("detail"))
            .unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("\n")
    }
}
