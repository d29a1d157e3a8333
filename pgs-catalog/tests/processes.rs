//! Several processes on one catalogue: this test binary starts itself again, once for each of them.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod child;
mod support;

use child::Child;
use pgs_catalog::SqliteCatalog;
use pgs_core::{
    ErrorKind, TenantRecord, TenantUid,
    catalog::{Catalog, Event, EventKind},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};
use support::{NOW, id, record};

/// Not a test by itself: what this binary does when a test below has started it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    child::play_role().await;
}

#[tokio::test]
async fn eight_processes_lose_none_of_their_updates() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(directory.path());
    let counter = insert(&catalog, "counter").await;
    let mut children: Vec<_> = (0..8)
        .map(|_| Child::start("increment", directory.path()))
        .collect();
    children.iter_mut().for_each(Child::go);
    children.into_iter().for_each(Child::finish);
    let end = catalog.get(&counter.id).await.unwrap().unwrap();
    assert_eq!(end.trashed_at.unwrap().as_millis(), 400);
    assert_eq!(end.revision, 401);
    assert_eq!(catalog.events(0, usize::MAX).await.unwrap().len(), 401);
}

#[tokio::test]
async fn of_twenty_processes_opening_an_empty_directory_one_gets_the_name() {
    let directory = tempfile::tempdir().unwrap();
    let mut children: Vec<_> = (0..20)
        .map(|_| Child::start("insert", directory.path()))
        .collect();
    children.iter_mut().for_each(Child::go);
    let mut answers: Vec<_> = children.iter_mut().map(Child::line).collect();
    answers.sort();
    let mut expected = vec!["already_exists"; 19];
    expected.push("inserted");
    assert_eq!(answers, expected);
    assert_eq!(open(directory.path()).list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_another_process_commits_is_seen_at_the_very_next_look() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(directory.path());
    insert(&catalog, "acme").await;
    let mut other = Child::start("update", directory.path());
    other.go();
    for revision in 2..100 {
        let before = catalog.version().unwrap();
        assert_eq!(catalog.version().unwrap(), before);
        other.tell("update");
        assert_eq!(other.line(), "updated");
        assert_ne!(catalog.version().unwrap(), before);
        let seen = catalog.get(&id("acme")).await.unwrap().unwrap();
        assert_eq!(seen.revision, revision);
    }
}

#[tokio::test]
async fn killing_writers_at_any_moment_loses_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    for acknowledged in [1, 2, 3, 5, 8, 13, 21, 34] {
        let mut writers = ["write", "write"].map(|role| Child::start(role, directory.path()));
        writers.iter_mut().for_each(Child::go);
        let mut lines: Vec<_> = (0..acknowledged).map(|_| writers[0].line()).collect();
        for writer in writers {
            lines.extend(writer.kill());
        }
        check(directory.path(), &lines).await;
    }
}

/// Sound pages, as many events as revisions, and nothing older than what a writer was told is durable.
async fn check(directory: &Path, acknowledged: &[String]) {
    let raw = rusqlite::Connection::open(directory.join("catalog.sqlite3")).unwrap();
    let sound: String = raw
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");

    let catalog = open(directory);
    let mut events: BTreeMap<TenantUid, Vec<Event>> = BTreeMap::new();
    for event in catalog.events(0, usize::MAX).await.unwrap() {
        events.entry(event.uid).or_default().push(event);
    }
    let records = catalog.list().await.unwrap();
    for record in &records {
        assert_eq!(events[&record.uid].len() as u64, record.revision);
    }
    let living: BTreeSet<_> = records.iter().map(|record| record.uid).collect();
    for (uid, events) in &events {
        let purged = events.last().unwrap().kind == EventKind::Purged;
        assert_ne!(living.contains(uid), purged);
    }
    for line in acknowledged {
        let (uid, count) = line.split_once(' ').unwrap();
        let uid: TenantUid = uid.parse().unwrap();
        assert!(events[&uid].len() >= count.parse().unwrap(), "{line}");
    }
}

#[tokio::test]
async fn a_killed_holders_lock_is_free_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(directory.path()).with_lock_patience(Duration::ZERO);
    let acme = insert(&catalog, "acme").await;
    let mut holder = Child::start("lock", directory.path());
    holder.go();
    assert_eq!(holder.line(), "locked");

    assert!(catalog.try_lock(acme.uid).await.unwrap().is_none());
    let error = catalog.lock(acme.uid).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(
        error
            .to_string()
            .contains(&format!("process {} ", holder.id())),
        "{error}"
    );

    holder.kill();
    assert!(catalog.try_lock(acme.uid).await.unwrap().is_some());
}

#[test]
fn a_directory_without_write_permission_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for populated in [false, true] {
        let state = directory.path().join(format!("state-{populated}"));
        fs::create_dir(&state).unwrap();
        if populated {
            drop(open(&state));
        }
        set_mode(directory.path(), 0o755);
        set_mode(&state, 0o555);
        let mut child = Child::start_unprivileged("open", &state);
        child.go();
        assert_eq!(child.line(), "permission_denied");
        set_mode(&state, 0o755);
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn open(directory: &Path) -> SqliteCatalog {
    SqliteCatalog::open(directory).unwrap()
}

async fn insert(catalog: &SqliteCatalog, name: &str) -> TenantRecord {
    let inserted = catalog
        .insert(&record(name), EventKind::Creating, NOW)
        .await;
    inserted.unwrap()
}
