//! Locks as files: what is left behind, and what is not.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod support;

use pgs_catalog::SqliteCatalog;
use pgs_core::{ErrorKind, TenantUid, catalog::Catalog};
use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use support::record;

#[tokio::test]
async fn two_catalogues_of_one_directory_share_their_locks() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, theirs) = (open(directory.path()), open(directory.path()));
    let held = ours.lock(uid()).await.unwrap();
    let other = uid_of_file(directory.path());
    assert!(theirs.try_lock(other).await.unwrap().is_none());
    drop(held);
    assert!(theirs.try_lock(other).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lock_outlives_its_catalogue_and_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(directory.path());
    let lock = catalog.lock(uid()).await.unwrap();
    drop(catalog);
    assert_eq!(files(directory.path()).len(), 1);
    drop(lock);
    assert_eq!(files(directory.path()), [""; 0]);
}

#[tokio::test]
async fn who_waits_too_long_learns_who_has_the_lock() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(directory.path()).with_lock_patience(Duration::ZERO);
    let uid = uid();
    let _held = catalog.lock(uid).await.unwrap();
    let error = catalog.lock(uid).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    let pid = std::process::id();
    assert_eq!(
        error.to_string(),
        format!("process {pid} is working on tenant `{uid}`")
    );
    assert!(error.remedy().is_some());
}

#[tokio::test]
async fn who_stops_waiting_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(directory.path());
    let uid = uid();
    let held = catalog.lock(uid).await.unwrap();
    let gave_up = tokio::time::timeout(Duration::ZERO, catalog.lock(uid)).await;
    assert!(gave_up.is_err());
    drop(held);
    assert_eq!(files(directory.path()), [""; 0]);
    assert!(catalog.try_lock(uid).await.unwrap().is_some());
}

#[tokio::test]
async fn what_a_killed_holder_left_is_taken_over_or_swept() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = open(directory.path());
    let (taken, held, left) = (uid(), uid(), uid());
    for uid in [taken, left] {
        fs::write(directory.path().join(format!("locks/{uid}.lock")), "1\n").unwrap();
    }
    let _taken = catalog.try_lock(taken).await.unwrap().unwrap();
    let _held = catalog.lock(held).await.unwrap();
    assert_eq!(files(directory.path()).len(), 3);

    let _another = open(directory.path());
    let mut expected = [format!("{taken}.lock"), format!("{held}.lock")];
    expected.sort();
    assert_eq!(files(directory.path()), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_never_hold_one_lock_while_files_come_and_go() {
    let directory = tempfile::tempdir().unwrap();
    let (uid, busy) = (uid(), Arc::new(AtomicBool::new(false)));
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let catalog = open(directory.path());
            tokio::spawn(take_often(catalog, uid, Arc::clone(&busy)))
        })
        .collect();
    while !tasks.iter().all(tokio::task::JoinHandle::is_finished) {
        drop(open(directory.path()));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(files(directory.path()), [""; 0]);
}

async fn take_often(catalog: SqliteCatalog, uid: TenantUid, busy: Arc<AtomicBool>) {
    for _ in 0..500 {
        let Some(lock) = catalog.try_lock(uid).await.unwrap() else {
            tokio::task::yield_now().await;
            continue;
        };
        assert!(!busy.swap(true, Ordering::SeqCst));
        tokio::task::yield_now().await;
        assert!(busy.swap(false, Ordering::SeqCst));
        drop(lock);
    }
}

fn open(directory: &Path) -> SqliteCatalog {
    SqliteCatalog::open(directory).unwrap()
}

fn uid() -> TenantUid {
    record("acme").uid
}

fn uid_of_file(directory: &Path) -> TenantUid {
    let name = files(directory).remove(0);
    name.trim_end_matches(".lock").parse().unwrap()
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory.join("locks")).unwrap();
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}
