//! What every catalogue promises, asked of the one in memory and of the one on disk.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod support;

use pgs_catalog::SqliteCatalog;
use pgs_core::{
    Access, Desired, Endpoint, ErrorKind, Lifecycle, TenantRecord, Timestamp,
    catalog::{Catalog, Change, EventKind, MemoryCatalog},
};
use std::sync::Arc;
use support::{NOW, id, record, record_made_at};

macro_rules! behaviours {
    ($($name:ident,)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Arc::new(super::MemoryCatalog::new())).await;
            })*
        }

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let directory = tempfile::tempdir().unwrap();
                let catalog = super::SqliteCatalog::open(directory.path()).unwrap();
                super::$name(super::Arc::new(catalog)).await;
            })*
        }
    };
}

behaviours! {
    a_tenant_is_found_by_its_name_and_its_uid,
    every_field_survives,
    a_name_is_taken_once,
    a_uid_is_taken_once,
    a_name_is_free_while_its_holder_is_in_the_trash,
    an_update_needs_the_latest_revision,
    what_is_gone_can_be_deleted_but_not_updated,
    a_refused_write_leaves_no_event,
    tenants_are_listed_oldest_first,
    the_version_moves_with_every_write_and_only_then,
    changes_are_folded_into_one_for_each_tenant,
    events_are_read_in_pages,
    of_many_writers_at_once_each_is_counted,
    a_lock_has_one_holder,
    locks_of_two_tenants_are_apart,
    a_waiting_locker_gets_its_turn,
}

async fn a_tenant_is_found_by_its_name_and_its_uid(catalog: Arc<dyn Catalog>) {
    let acme = insert(&*catalog, &record("acme")).await;
    insert(&*catalog, &record("other")).await;
    assert_eq!(acme.revision, 1);
    assert_eq!(catalog.get(&acme.id).await.unwrap(), Some(acme.clone()));
    assert_eq!(catalog.get_by_uid(acme.uid).await.unwrap(), Some(acme));
    assert_eq!(catalog.get(&id("nobody")).await.unwrap(), None);
    assert_eq!(catalog.get_by_uid(record("x").uid).await.unwrap(), None);
}

async fn every_field_survives(catalog: Arc<dyn Catalog>) {
    let mut acme = insert(&*catalog, &record("acme")).await;
    acme.lifecycle = Lifecycle::Failed("it's \"broken\"\n\u{1F4A5}".into());
    acme.endpoint = Some(Endpoint::Unix("/run/a b/.s.PGSQL.5432".into()));
    acme.access = Access::Enabled;
    acme.protected = true;
    acme.desired = Desired::Stopped;
    acme.spec.settings.push("work_mem=16MB".parse().unwrap());
    acme.trashed_at = Some(Timestamp::from_millis(7));
    let updated = update(&*catalog, &acme).await;
    acme.revision = 2;
    assert_eq!(updated, acme);
    assert_eq!(catalog.get(&acme.id).await.unwrap(), Some(acme));
}

async fn a_name_is_taken_once(catalog: Arc<dyn Catalog>) {
    insert(&*catalog, &record("acme")).await;
    let second = record("acme");
    let inserted = catalog.insert(&second, EventKind::Creating, NOW);
    let error = inserted.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(error.to_string(), "a tenant named `acme` exists already");
    assert!(error.remedy().is_some());
    assert_eq!(catalog.list().await.unwrap().len(), 1);
}

async fn a_uid_is_taken_once(catalog: Arc<dyn Catalog>) {
    let mut acme = insert(&*catalog, &record("acme")).await;
    acme.id = id("other");
    let second = catalog.insert(&acme, EventKind::Creating, NOW).await;
    assert_eq!(second.unwrap_err().kind(), ErrorKind::AlreadyExists);
}

async fn a_name_is_free_while_its_holder_is_in_the_trash(catalog: Arc<dyn Catalog>) {
    let mut old = insert(&*catalog, &record("acme")).await;
    (old.lifecycle, old.desired) = (Lifecycle::Trashed, Desired::Trashed);
    let mut old = update(&*catalog, &old).await;
    assert_eq!(catalog.get(&old.id).await.unwrap(), None);

    let new = insert(&*catalog, &record("acme")).await;
    assert_eq!(catalog.get(&old.id).await.unwrap(), Some(new.clone()));
    assert_eq!(
        catalog.get_by_uid(old.uid).await.unwrap(),
        Some(old.clone())
    );

    old.desired = Desired::Running;
    let restored = catalog.update(&old, EventKind::Restoring, None, NOW);
    let error = restored.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(error.to_string(), "a tenant named `acme` exists already");

    delete(&*catalog, &new).await;
    update(&*catalog, &old).await;
    assert_eq!(catalog.get(&old.id).await.unwrap().unwrap().uid, old.uid);
}

async fn an_update_needs_the_latest_revision(catalog: Arc<dyn Catalog>) {
    let first = insert(&*catalog, &record("acme")).await;
    let second = update(&*catalog, &first).await;
    assert_eq!(second.revision, 2);
    for stale in [&first, &with_revision(&first, 3), &with_revision(&first, 0)] {
        let updated = catalog.update(stale, EventKind::Stopped, None, NOW).await;
        assert_eq!(updated.unwrap_err().kind(), ErrorKind::Conflict);
        let deleted = catalog.delete(stale, EventKind::Purged, None, NOW).await;
        assert_eq!(deleted.unwrap_err().kind(), ErrorKind::Conflict);
    }
    assert_eq!(catalog.get(&first.id).await.unwrap(), Some(second));
}

async fn what_is_gone_can_be_deleted_but_not_updated(catalog: Arc<dyn Catalog>) {
    let acme = insert(&*catalog, &record("acme")).await;
    delete(&*catalog, &acme).await;
    delete(&*catalog, &acme).await;
    let updated = catalog.update(&acme, EventKind::Stopped, None, NOW).await;
    assert_eq!(updated.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(catalog.events(0, 9).await.unwrap().len(), 2);
    assert_eq!(insert(&*catalog, &acme).await.revision, 1);
}

async fn a_refused_write_leaves_no_event(catalog: Arc<dyn Catalog>) {
    let acme = insert(&*catalog, &record("acme")).await;
    let mut other = insert(&*catalog, &record("other")).await;
    let before = (
        catalog.events(0, 9).await.unwrap(),
        catalog.version().unwrap(),
    );
    other.id = acme.id.clone();
    let kind = EventKind::Started;
    assert!(catalog.insert(&record("acme"), kind, NOW).await.is_err());
    assert!(catalog.update(&other, kind, None, NOW).await.is_err());
    let stale = with_revision(&acme, 9);
    assert!(catalog.update(&stale, kind, None, NOW).await.is_err());
    assert!(catalog.delete(&stale, kind, None, NOW).await.is_err());
    let after = (
        catalog.events(0, 9).await.unwrap(),
        catalog.version().unwrap(),
    );
    assert_eq!(before, after);
}

async fn tenants_are_listed_oldest_first(catalog: Arc<dyn Catalog>) {
    for (name, at) in [("b", 2), ("c", 3), ("a", 1)] {
        insert(&*catalog, &record_made_at(name, Timestamp::from_millis(at))).await;
    }
    let list = catalog.list().await.unwrap();
    let names: Vec<_> = list.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

async fn the_version_moves_with_every_write_and_only_then(catalog: Arc<dyn Catalog>) {
    let version = || catalog.version().unwrap();
    let empty = version();
    assert_eq!(version(), empty);
    let acme = insert(&*catalog, &record("acme")).await;
    let inserted = version();
    assert_ne!(inserted, empty);
    catalog.list().await.unwrap();
    catalog.changes(0).await.unwrap();
    assert_eq!(version(), inserted);
    let acme = update(&*catalog, &acme).await;
    let updated = version();
    assert_ne!(updated, inserted);
    delete(&*catalog, &acme).await;
    assert_ne!(version(), updated);
}

async fn changes_are_folded_into_one_for_each_tenant(catalog: Arc<dyn Catalog>) {
    assert_eq!(catalog.changes(0).await.unwrap().upto, 0);
    let a = insert(&*catalog, &record_made_at("a", Timestamp::from_millis(1))).await;
    let b = insert(&*catalog, &record_made_at("b", Timestamp::from_millis(2))).await;
    let all = catalog.changes(0).await.unwrap();
    assert_eq!(all.upto, 2);
    assert_eq!(all.changes, [put(&a), put(&b)]);

    let a = update(&*catalog, &update(&*catalog, &a).await).await;
    delete(&*catalog, &b).await;
    let since = catalog.changes(all.upto).await.unwrap();
    assert_eq!(since.upto, 5);
    assert_eq!(since.changes, [put(&a), Change::Gone(b.uid)]);

    let nothing = catalog.changes(since.upto).await.unwrap();
    assert_eq!((nothing.upto, nothing.changes), (5, Vec::new()));
    // Whether a newcomer is told of those it never knew is left open.
    let newcomer = catalog.changes(0).await.unwrap();
    assert!(newcomer.changes.contains(&put(&a)));
    assert!(!newcomer.changes.contains(&put(&b)));
}

async fn events_are_read_in_pages(catalog: Arc<dyn Catalog>) {
    let acme = insert(&*catalog, &record("acme")).await;
    let why = Some("because");
    let later = Timestamp::from_millis(NOW.as_millis() + 1);
    let acme = catalog
        .update(&acme, EventKind::AccessEnabled, why, later)
        .await
        .unwrap();
    delete(&*catalog, &acme).await;

    let all = catalog.events(0, usize::MAX).await.unwrap();
    let seqs: Vec<_> = all.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!(
        (all[1].uid, &all[1].id, all[1].at),
        (acme.uid, &acme.id, later)
    );
    assert_eq!(
        (all[1].kind, all[1].detail.as_deref()),
        (EventKind::AccessEnabled, why)
    );
    assert_eq!((all[2].kind, &all[2].detail), (EventKind::Purged, &None));
    assert_eq!(catalog.events(1, 1).await.unwrap(), [all[1].clone()]);
    assert_eq!(catalog.events(3, 10).await.unwrap(), []);
    assert_eq!(catalog.events(0, 0).await.unwrap(), []);
}

async fn of_many_writers_at_once_each_is_counted(catalog: Arc<dyn Catalog>) {
    let acme = insert(&*catalog, &record("acme")).await;
    let writers: Vec<_> = (0..4)
        .map(|_| tokio::spawn(write_ten_times(Arc::clone(&catalog), acme.clone())))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(catalog.get(&acme.id).await.unwrap().unwrap().revision, 41);
    assert_eq!(catalog.changes(0).await.unwrap().upto, 41);
}

async fn write_ten_times(catalog: Arc<dyn Catalog>, mut seen: TenantRecord) {
    let mut written = 0;
    while written < 10 {
        match catalog.update(&seen, EventKind::Started, None, NOW).await {
            Ok(_) => written += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict),
        }
        seen = catalog.get_by_uid(seen.uid).await.unwrap().unwrap();
    }
}

async fn a_lock_has_one_holder(catalog: Arc<dyn Catalog>) {
    let uid = record("acme").uid;
    let held = catalog.lock(uid).await.unwrap();
    assert!(catalog.try_lock(uid).await.unwrap().is_none());
    drop(held);
    let held = catalog.try_lock(uid).await.unwrap();
    assert!(held.is_some());
    assert!(catalog.try_lock(uid).await.unwrap().is_none());
}

async fn locks_of_two_tenants_are_apart(catalog: Arc<dyn Catalog>) {
    let _one = catalog.lock(record("a").uid).await.unwrap();
    assert!(catalog.try_lock(record("b").uid).await.unwrap().is_some());
}

async fn a_waiting_locker_gets_its_turn(catalog: Arc<dyn Catalog>) {
    let uid = record("acme").uid;
    let held = catalog.lock(uid).await.unwrap();
    let (waiting, letting_go) = (catalog.lock(uid), async { drop(held) });
    let (turn, ()) = tokio::join!(waiting, letting_go);
    assert!(turn.is_ok());
}

fn with_revision(record: &TenantRecord, revision: u64) -> TenantRecord {
    let mut record = record.clone();
    record.revision = revision;
    record
}

fn put(record: &TenantRecord) -> Change {
    Change::Put(Box::new(record.clone()))
}

async fn insert(catalog: &dyn Catalog, record: &TenantRecord) -> TenantRecord {
    let inserted = catalog.insert(record, EventKind::Creating, NOW).await;
    inserted.unwrap()
}

async fn update(catalog: &dyn Catalog, record: &TenantRecord) -> TenantRecord {
    let updated = catalog.update(record, EventKind::Stopped, None, NOW).await;
    updated.unwrap()
}

async fn delete(catalog: &dyn Catalog, record: &TenantRecord) {
    let deleted = catalog.delete(record, EventKind::Purged, None, NOW).await;
    deleted.unwrap();
}
