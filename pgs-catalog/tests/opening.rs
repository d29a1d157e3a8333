//! What the catalogue does with the directory it is given.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod support;

use pgs_catalog::SqliteCatalog;
use pgs_core::{
    ErrorKind, TenantRecord,
    catalog::{Catalog, EventKind},
};
use rusqlite::Connection;
use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};
use support::{NOW, record};

#[tokio::test]
async fn tenants_are_there_again_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = SqliteCatalog::open(directory.path()).unwrap();
    let acme = insert_acme(&catalog).await;
    drop(catalog);
    let catalog = SqliteCatalog::open(directory.path()).unwrap();
    assert_eq!(catalog.list().await.unwrap(), [acme]);
}

#[test]
fn other_users_of_the_machine_see_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let _catalog = SqliteCatalog::open(directory.path()).unwrap();
    let mode = |path: &str| {
        let metadata = fs::metadata(directory.path().join(path)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("locks"), 0o700);
    for file in [
        "catalog.sqlite3",
        "catalog.sqlite3-wal",
        "catalog.sqlite3-shm",
    ] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}

#[test]
fn a_file_that_is_no_catalogue_is_left_as_it_is() {
    let damaged_header =
        b"SQLite format 3\0\x10\0\x02\x02\0\x40\x20\x20 and then nothing sensible".repeat(200);
    for content in [
        b"not a database".repeat(1000),
        damaged_header,
        b"x".to_vec(),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("catalog.sqlite3");
        fs::write(&path, &content).unwrap();
        let error = SqliteCatalog::open(directory.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
        assert!(error.remedy().unwrap().contains("pgs reconcile --rebuild"));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_catalogue_of_a_newer_pgs_is_refused_with_both_versions() {
    let directory = tempfile::tempdir().unwrap();
    drop(SqliteCatalog::open(directory.path()).unwrap());
    raw(directory.path())
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let error = SqliteCatalog::open(directory.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(
        error
            .to_string()
            .contains("version 99, this pgs knows up to 2"),
        "{error}"
    );
}

#[tokio::test]
async fn a_person_can_read_state_and_access() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = SqliteCatalog::open(directory.path()).unwrap();
    insert_acme(&catalog).await;
    let sql = "SELECT id || ' ' || state || ' ' || access || ' ' || desired FROM tenants";
    let seen: String = raw(directory.path())
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    assert_eq!(seen, "acme creating disabled running");
}

#[tokio::test]
async fn what_cannot_be_read_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = SqliteCatalog::open(directory.path()).unwrap();
    let acme = insert_acme(&catalog).await;
    let sql = "UPDATE tenants SET record = json_remove(record, '$.spec')";
    raw(directory.path()).execute(sql, []).unwrap();
    let error = catalog.get(&acme.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.remedy().unwrap().contains("pgs reconcile --rebuild"));
}

#[tokio::test]
async fn reads_do_not_wait_for_a_write_that_waits_for_another_process() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = Arc::new(SqliteCatalog::open(directory.path()).unwrap());
    let acme = insert_acme(&catalog).await;

    let other = raw(directory.path());
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writing = tokio::spawn({
        let (catalog, acme) = (Arc::clone(&catalog), acme.clone());
        async move { catalog.update(&acme, EventKind::Stopped, None, NOW).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(catalog.get(&acme.id).await.unwrap(), Some(acme));
    catalog.version().unwrap();
    assert!(!writing.is_finished());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(writing.await.unwrap().unwrap().revision, 2);
}

async fn insert_acme(catalog: &SqliteCatalog) -> TenantRecord {
    let acme = record("acme");
    let inserted = catalog.insert(&acme, EventKind::Creating, NOW).await;
    inserted.unwrap()
}

fn raw(directory: &Path) -> Connection {
    Connection::open(directory.join("catalog.sqlite3")).unwrap()
}
