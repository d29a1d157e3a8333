//! The lifecycle over in-memory parts: what each operation promises, whatever provisions the tenants.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use pgs_core::{
    Access, Change, Created, Desired, Endpoint, Error, ErrorKind, InitScript, InstanceSpec,
    Lifecycle, ManualClock, NetworksChange, SpecChange, TenantId, TenantManager, TenantRecord,
    TenantSpec, TenantUid, Timestamp,
    catalog::{Catalog, EventKind, MemoryCatalog},
    manager::{Reconciled, Revival},
    provision::{Marker, MemoryProvisioner, Progress, Provisioner, Step},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

struct House {
    catalog: Arc<MemoryCatalog>,
    host: MemoryProvisioner,
    clock: Arc<ManualClock>,
    pgs: TenantManager,
}

impl House {
    fn new() -> Self {
        let (catalog, host) = (Arc::new(MemoryCatalog::new()), MemoryProvisioner::new());
        let clock = Arc::new(ManualClock::at(1_700_000_000_000));
        let pgs = TenantManager::new(
            Arc::clone(&catalog) as _,
            Arc::new(host.clone()),
            Arc::clone(&clock) as _,
        );
        Self {
            catalog,
            host,
            clock,
            pgs,
        }
    }

    async fn create(&self, name: &str) -> Created {
        self.pgs
            .create(id(name), TenantSpec::default())
            .await
            .unwrap()
    }

    async fn lifecycle(&self, name: &str) -> Lifecycle {
        self.pgs.get(&id(name)).await.unwrap().lifecycle
    }

    /// The one tenant's spec as the catalogue has it, which the label on its storage must repeat.
    async fn spec(&self) -> InstanceSpec {
        let record = self.pgs.get(&id("acme")).await.unwrap();
        let found = self.host.inspect(record.uid).await.unwrap().unwrap();
        assert_eq!(found.label.unwrap().spec, record.spec);
        record.spec
    }

    async fn altered_events(&self) -> Vec<Option<String>> {
        let events = self.pgs.events(0, 1000).await.unwrap().into_iter();
        let altered = events.filter(|event| event.kind == EventKind::Altered);
        altered.map(|event| event.detail).collect()
    }

    async fn lose_record(&self, name: &str) {
        let record = self.pgs.get(&id(name)).await.unwrap();
        let at = Timestamp::from_millis(0);
        self.catalog
            .delete(&record, EventKind::Purged, None, at)
            .await
            .unwrap();
    }

    /// Nothing is left of any tenant, neither record nor storage.
    async fn assert_empty(&self) {
        assert_eq!(self.catalog.list().await.unwrap(), []);
        assert_eq!(self.host.list().await.unwrap(), []);
    }
}

fn id(name: &str) -> TenantId {
    name.parse().unwrap()
}

#[tokio::test]
async fn a_tenant_gets_the_uid_that_it_was_promised() {
    let house = House::new();
    let mut spec = TenantSpec::default();
    let promised = TenantUid::new(Timestamp::from_millis(1_600_000_000_000));
    spec.uid = Some(promised);
    let created = house.pgs.create(id("acme"), spec).await.unwrap();
    assert_eq!(created.uid, promised);
    assert_eq!(house.pgs.get(&id("acme")).await.unwrap().uid, promised);
    assert_ne!(house.create("globex").await.uid, promised);
}

#[tokio::test]
async fn a_created_tenant_runs_behind_a_shut_door() {
    let house = House::new();
    let created = house.create("acme").await;
    let record = house.pgs.get(&created.id).await.unwrap();
    assert_eq!(
        (record.access, &record.lifecycle),
        (Access::Disabled, &Lifecycle::Running)
    );
    assert!(record.endpoint.is_some());
    let storage = house.host.inspect(created.uid).await.unwrap().unwrap();
    assert_eq!(storage.marker, Marker::Complete);
    assert_eq!(created.password.reveal().len(), 32);
}

#[tokio::test]
async fn a_taken_name_is_refused_and_nothing_changes() {
    let house = House::new();
    let first = house.create("acme").await;
    let before = house.pgs.get(&first.id).await.unwrap();
    let error = house
        .pgs
        .create(id("acme"), TenantSpec::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    assert_eq!(house.pgs.get(&first.id).await.unwrap(), before);
    assert_eq!(house.host.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn twenty_creates_of_one_name_make_exactly_one() {
    let house = House::new();
    let attempts = (0..20).map(|_| {
        let pgs = house.pgs.clone();
        tokio::spawn(async move { pgs.create(id("acme"), TenantSpec::default()).await })
    });
    let mut made = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::AlreadyExists),
        }
    }
    assert_eq!((made, house.host.list().await.unwrap().len()), (1, 1));
}

#[tokio::test]
async fn a_failing_init_script_takes_the_whole_create_back() {
    let house = House::new();
    let mut spec = TenantSpec::default();
    spec.init_scripts = vec![
        InitScript::new("a.sql", "SELECT 1"),
        InitScript::new("b.sql", "syntax error"),
    ];
    let error = house.pgs.create(id("acme"), spec).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InitScript);
    house.assert_empty().await;
    house.create("acme").await;
}

#[tokio::test]
async fn starting_and_stopping_can_be_repeated() {
    let house = House::new();
    let acme = house.create("acme").await.id;
    for _ in 0..2 {
        house.pgs.stop(&acme).await.unwrap();
        assert_eq!(house.lifecycle("acme").await, Lifecycle::Stopped);
    }
    for _ in 0..2 {
        house.pgs.start(&acme).await.unwrap();
        assert_eq!(house.lifecycle("acme").await, Lifecycle::Running);
    }
}

#[tokio::test]
async fn all_tenants_are_started_and_stopped_together() {
    let house = House::new();
    for name in ["a", "b", "c"] {
        house.create(name).await;
    }
    let stopped = house.pgs.stop_all().await.unwrap();
    assert!(stopped.len() == 3 && stopped.iter().all(|(_, outcome)| outcome.is_ok()));
    assert_eq!(house.lifecycle("b").await, Lifecycle::Stopped);
    house.pgs.start_all().await.unwrap();
    assert_eq!(house.lifecycle("c").await, Lifecycle::Running);
}

#[tokio::test]
async fn a_removed_tenant_frees_its_name_and_comes_back() {
    let house = House::new();
    let old = house.create("acme").await;
    house
        .pgs
        .set_access(&old.id, Access::Enabled)
        .await
        .unwrap();
    house.pgs.remove(&old.id).await.unwrap();
    assert_eq!(
        house.pgs.get(&old.id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );

    let new = house.create("acme").await;
    let error = house.pgs.restore(&old.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    house.pgs.purge(&new.id).await.unwrap();

    house.pgs.restore(&old.id).await.unwrap();
    let record = house.pgs.get(&old.id).await.unwrap();
    assert_eq!(
        (record.uid, record.lifecycle),
        (old.uid, Lifecycle::Running)
    );
    assert_eq!((record.access, record.trashed_at), (Access::Enabled, None));
}

#[tokio::test]
async fn of_several_removed_tenants_the_last_one_is_restored() {
    let house = House::new();
    let mut last = None;
    for _ in 0..3 {
        last = Some(house.create("acme").await.uid);
        house.pgs.remove(&id("acme")).await.unwrap();
        house.clock.advance(1000);
    }
    house.pgs.restore(&id("acme")).await.unwrap();
    assert_eq!(house.pgs.get(&id("acme")).await.unwrap().uid, last.unwrap());
    assert_eq!(house.pgs.list_trash().await.unwrap().len(), 2);
}

#[tokio::test]
async fn purging_leaves_nothing_whether_from_the_trash_or_not() {
    let house = House::new();
    let acme = house.create("acme").await.id;
    house.pgs.purge(&acme).await.unwrap();
    house.assert_empty().await;
    house.create("acme").await;
    house.pgs.remove(&acme).await.unwrap();
    house.pgs.purge(&acme).await.unwrap();
    house.assert_empty().await;
    assert_eq!(
        house.pgs.purge(&acme).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn a_protected_tenant_stays() {
    let house = House::new();
    let acme = house.create("acme").await.id;
    house.pgs.protect(&acme).await.unwrap();
    assert_eq!(
        house.pgs.remove(&acme).await.unwrap_err().kind(),
        ErrorKind::Protected
    );
    assert_eq!(
        house.pgs.purge(&acme).await.unwrap_err().kind(),
        ErrorKind::Protected
    );
    assert_eq!(house.lifecycle("acme").await, Lifecycle::Running);
    house.pgs.unprotect(&acme).await.unwrap();
    house.pgs.remove(&acme).await.unwrap();
}

#[tokio::test]
async fn the_trash_is_emptied_when_its_time_is_over() {
    let house = House::new();
    house.create("acme").await;
    house.pgs.remove(&id("acme")).await.unwrap();
    house.clock.advance(6 * 24 * 3_600_000);
    assert!(house.pgs.reconcile().await.unwrap().done.is_empty());
    house.clock.advance(25 * 3_600_000);
    assert_eq!(
        house.pgs.reconcile().await.unwrap().done,
        [(id("acme"), Reconciled::Purged)]
    );
    house.assert_empty().await;
}

#[tokio::test]
async fn the_trash_is_emptied_even_of_a_tenant_whose_name_was_taken_again() {
    let house = House::new();
    let old = house.create("acme").await;
    house.pgs.remove(&old.id).await.unwrap();
    let new = house.create("acme").await;
    house.clock.advance(8 * 24 * 3_600_000);
    let report = house.pgs.recover().await.unwrap();
    assert_eq!(report.done, [(id("acme"), Reconciled::Purged)]);
    assert_eq!(house.pgs.get(&new.id).await.unwrap().uid, new.uid);

    house.pgs.remove(&new.id).await.unwrap();
    house.create("acme").await;
    house.pgs.purge_uid(new.uid).await.unwrap();
    assert_eq!(house.host.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_password_can_be_changed_while_the_server_runs() {
    let house = House::new();
    let acme = house.create("acme").await.id;
    let given = house
        .pgs
        .set_password(&acme, Some("secret".parse().unwrap()))
        .await
        .unwrap();
    assert_eq!(given.reveal(), "secret");
    house.pgs.stop(&acme).await.unwrap();
    let error = house.pgs.set_password(&acme, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongState);
}

#[tokio::test]
async fn a_server_that_died_is_revived_unless_it_was_stopped() {
    let house = House::new();
    let acme = house.create("acme").await;
    house.host.crash(acme.uid);
    assert_eq!(house.pgs.revive(acme.uid).await.unwrap(), Revival::Revived);
    assert_eq!(
        house.pgs.revive(acme.uid).await.unwrap(),
        Revival::NotNeeded
    );
    house.pgs.stop(&acme.id).await.unwrap();
    assert_eq!(
        house.pgs.revive(acme.uid).await.unwrap(),
        Revival::NotNeeded
    );
    let events = house.pgs.events(0, 100).await.unwrap();
    let crash = events.iter().find(|event| event.kind == EventKind::Crashed);
    assert_eq!(crash.unwrap().detail.as_deref(), Some("it was killed"));
}

#[tokio::test]
async fn an_engine_that_is_away_is_no_death_of_its_servers() {
    let house = House::new();
    let acme = house.create("acme").await;
    house.pgs.stop(&acme.id).await.unwrap();
    house.host.go_away();
    house.pgs.start(&acme.id).await.unwrap_err();
    let failed = house.pgs.get(&acme.id).await.unwrap();
    assert_eq!(failed.lifecycle.name(), "failed");
    for _ in 0..10 {
        let error = house.pgs.has_died(&failed).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingDependency);
        house.pgs.revive(acme.uid).await.unwrap_err();
    }
    let after = house.pgs.get(&acme.id).await.unwrap();
    assert_eq!(after, failed, "nobody tried");
    house.host.come_back();
    assert_eq!(house.pgs.revive(acme.uid).await.unwrap(), Revival::Revived);
}

/// What has to notice that somebody else started a server again, which listens elsewhere since.
async fn notices_a_move(notice: impl AsyncFn(&House, &Created)) {
    let house = House::new();
    let acme = house.create("acme").await;
    let elsewhere = Endpoint::Tcp("127.0.0.1:49153".parse().unwrap());
    house.host.move_to(acme.uid, elsewhere.clone());
    notice(&house, &acme).await;
    let record = house.pgs.get(&acme.id).await.unwrap();
    let stands = (&record.lifecycle, &record.endpoint);
    assert_eq!(stands, (&Lifecycle::Running, &Some(elsewhere)));
    let last = house.pgs.events(0, 100).await.unwrap().pop().unwrap();
    assert_eq!(last.kind, EventKind::Adopted);

    notice(&house, &acme).await;
    assert_eq!(house.pgs.get(&acme.id).await.unwrap(), record, "once");
}

#[tokio::test]
async fn a_server_that_listens_elsewhere_is_found_by_starting_reconciling_and_reviving() {
    notices_a_move(async |house, acme| house.pgs.start(&acme.id).await.unwrap()).await;
    notices_a_move(async |house, acme| {
        let revival = house.pgs.revive(acme.uid).await.unwrap();
        assert_eq!(revival, Revival::NotNeeded);
    })
    .await;
    notices_a_move(async |house, _| drop(house.pgs.reconcile().await.unwrap())).await;

    let house = House::new();
    let acme = house.create("acme").await;
    let elsewhere = Endpoint::Tcp("127.0.0.1:49153".parse().unwrap());
    house.host.move_to(acme.uid, elsewhere);
    let report = house.pgs.reconcile().await.unwrap();
    assert_eq!(report.done, [(acme.id, Reconciled::Started)]);
    assert_eq!(house.pgs.reconcile().await.unwrap().done, []);
}

#[tokio::test]
async fn many_deaths_are_told_as_one_is() {
    let house = House::new();
    for name in ["runs", "died", "stopped", "failed"] {
        house.create(name).await;
    }
    house.pgs.stop(&id("stopped")).await.unwrap();
    house.pgs.stop(&id("failed")).await.unwrap();
    house.host.go_away();
    house.pgs.start(&id("failed")).await.unwrap_err();
    let records = house.pgs.list().await.unwrap();
    for (record, told) in records.iter().zip(house.pgs.have_died(&records).await) {
        let told = told.map_err(|error| error.kind());
        let alone = house.pgs.has_died(record).await;
        assert_eq!(told, alone.map_err(|error| error.kind()), "{record:?}");
        assert_eq!(told.is_ok(), record.id == id("stopped"));
    }
    house.host.come_back();
    let died = house.pgs.get(&id("died")).await.unwrap();
    house.host.crash(died.uid);
    for (record, told) in records.iter().zip(house.pgs.have_died(&records).await) {
        let told = told.unwrap();
        assert_eq!(told, house.pgs.has_died(record).await.unwrap());
        assert_eq!(told, ["died", "failed"].contains(&record.id.as_str()));
    }
}

#[tokio::test]
async fn a_tenant_given_up_says_why_and_can_be_started_again() {
    let house = House::new();
    let acme = house.create("acme").await;
    house.host.crash(acme.uid);
    house
        .pgs
        .give_up(acme.uid, "it died 6 times")
        .await
        .unwrap();
    assert_eq!(
        house.lifecycle("acme").await,
        Lifecycle::Failed("it died 6 times".into())
    );
    assert!(house.pgs.reconcile().await.unwrap().done.is_empty());
    house.pgs.start(&acme.id).await.unwrap();
    assert_eq!(house.lifecycle("acme").await, Lifecycle::Running);
}

#[tokio::test]
async fn reconciling_starts_what_died_and_keeps_what_nobody_owns() {
    let house = House::new();
    let (a, b) = (house.create("a").await, house.create("b").await);
    house.host.crash(a.uid);
    house.pgs.stop(&b.id).await.unwrap();
    house.lose_record("b").await;

    let report = house.pgs.reconcile().await.unwrap();
    assert_eq!(report.done, [(a.id, Reconciled::Started)]);
    let orphans: Vec<_> = report.orphans.iter().map(|orphan| orphan.uid).collect();
    assert_eq!(orphans, [b.uid]);

    let report = house.pgs.rebuild().await.unwrap();
    assert_eq!(report.done, [(b.id.clone(), Reconciled::Rebuilt)]);
    let rebuilt = house.pgs.get(&b.id).await.unwrap();
    let stands = (rebuilt.uid, rebuilt.access, rebuilt.desired);
    assert_eq!(stands, (b.uid, Access::Disabled, Desired::Stopped));
}

#[tokio::test]
async fn what_was_never_completed_is_not_deleted_while_a_server_runs_on_it() {
    let house = House::new();
    let step = "making the role and the database";
    let doomed = house.pgs.clone().with_progress(Arc::new(DieBefore(step)));
    let create = async move { doomed.create(id("half"), TenantSpec::default()).await };
    assert!(tokio::spawn(create).await.is_err());
    let half = house.pgs.get(&id("half")).await.unwrap();
    house.lose_record("half").await;

    for report in [house.pgs.reconcile().await, house.pgs.rebuild().await] {
        let report = report.unwrap();
        let orphans: Vec<_> = report.orphans.iter().map(|orphan| orphan.uid).collect();
        assert_eq!((orphans, report.done), (vec![half.uid], vec![]));
    }
    house.host.crash(half.uid);
    let report = house.pgs.reconcile().await.unwrap();
    assert_eq!(report.done, [(id("half"), Reconciled::DebrisDeleted)]);
    house.assert_empty().await;
}

#[tokio::test]
async fn a_provisioner_that_is_away_does_not_spoil_what_others_do() {
    let (near, far) = (MemoryProvisioner::new(), MemoryProvisioner::named("far"));
    let catalog = Arc::new(MemoryCatalog::new());
    let clock = Arc::new(ManualClock::at(1_700_000_000_000));
    let manager = |host: &MemoryProvisioner| {
        TenantManager::new(
            Arc::clone(&catalog) as _,
            Arc::new(host.clone()),
            Arc::clone(&clock) as _,
        )
    };
    let lone = manager(&near);
    let pgs = manager(&far).with_provisioner(Arc::new(near.clone()));
    let (here, there) = (
        lone.create(id("here"), TenantSpec::default())
            .await
            .unwrap(),
        pgs.create(id("there"), TenantSpec::default())
            .await
            .unwrap(),
    );
    near.crash(here.uid);
    far.go_away();

    let report = pgs.reconcile().await.unwrap();
    assert_eq!(report.done, [(here.id.clone(), Reconciled::Started)]);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let [(name, error)] = &report.unreachable[..] else {
        unreachable!("{:?}", report.unreachable);
    };
    assert_eq!((*name, error.kind()), ("far", ErrorKind::MissingDependency));

    let reason =
        Error::new(ErrorKind::MissingDependency, "there is no OS user").with_remedy("make one");
    let error = lone
        .without_provisioner("far", reason)
        .stop(&there.id)
        .await
        .unwrap_err();
    assert!(error.chain().ends_with("there is no OS user"), "{error:?}");
    assert_eq!(error.remedy(), Some("make one"));
}

#[tokio::test]
async fn recovering_leaves_the_tenants_of_a_provisioner_that_is_away_as_they_are() {
    let house = House::new();
    let step = "making the role and the database";
    let doomed = house.pgs.clone().with_progress(Arc::new(DieBefore(step)));
    let create = async move { doomed.create(id("half"), TenantSpec::default()).await };
    assert!(tokio::spawn(create).await.is_err());
    house.host.go_away();
    let report = house.pgs.recover().await.unwrap();
    assert!(report.done.is_empty() && report.problems.is_empty());
    assert_eq!(report.unreachable[0].0, "memory");
    assert_eq!(house.lifecycle("half").await, Lifecycle::Creating);

    house.host.come_back();
    let report = house.pgs.recover().await.unwrap();
    assert_eq!(report.done, [(id("half"), Reconciled::TakenBack)]);
    house.host.go_away();
    let report = house.pgs.recover().await.unwrap();
    assert!(report.unreachable.is_empty(), "nobody is asked in vain");
}

#[tokio::test]
async fn an_orphan_is_taken_in_although_another_provisioner_is_away() {
    let house = House::new();
    let acme = house.create("acme").await;
    house.lose_record("acme").await;
    let far = MemoryProvisioner::named("far");
    far.go_away();
    let pgs = TenantManager::new(
        Arc::clone(&house.catalog) as _,
        Arc::new(far),
        Arc::clone(&house.clock) as _,
    )
    .with_provisioner(Arc::new(house.host.clone()));
    let report = pgs.rebuild().await.unwrap();
    assert_eq!(report.done, [(acme.id.clone(), Reconciled::Rebuilt)]);
    assert_eq!(pgs.get(&acme.id).await.unwrap().provisioner, "memory");
}

fn sessions(most: u32) -> SpecChange {
    let mut change = SpecChange::default();
    change.max_connections = Change::Set(most);
    change
}

fn setting(text: &str) -> SpecChange {
    let mut change = SpecChange::default();
    change.set.push(text.parse().unwrap());
    change
}

#[tokio::test]
async fn an_altered_tenant_is_told_what_waits_and_a_change_of_nothing_is_not_recorded() {
    let house = House::new();
    let acme = house.create("acme").await.id;
    let alteration = house.pgs.alter(&acme, &sessions(7)).await.unwrap();
    assert_eq!(alteration.at_next_start, ["max_connections"]);
    assert_eq!(house.spec().await.limits.max_connections, Some(7));

    let before = house.pgs.get(&acme).await.unwrap();
    house.pgs.alter(&acme, &sessions(7)).await.unwrap();
    assert_eq!(house.pgs.get(&acme).await.unwrap(), before);
    house.pgs.stop(&acme).await.unwrap();
    let mut back = setting("work_mem=1MB");
    back.max_connections = Change::Lift;
    house.pgs.alter(&acme, &back).await.unwrap();
    let details = house.altered_events().await;
    let told = ["max_connections=7", "max_connections=none, work_mem"];
    assert_eq!(details, told.map(|text| Some(text.to_owned())));
}

#[tokio::test]
async fn a_refused_change_leaves_the_tenant_as_it_was() {
    let house = House::new();
    let acme = house.create("acme").await.id;
    let before = house.spec().await;
    let error = house
        .pgs
        .alter(&acme, &setting("refuse.me=1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(house.spec().await, before);
    assert!(
        house.altered_events().await[1]
            .as_ref()
            .is_some_and(|detail| detail.starts_with("taken back: "))
    );

    // The memory provisioner enforces no such limit: refused before anything is recorded.
    let mut change = SpecChange::default();
    change.pids = Change::Set(100);
    let error = house.pgs.alter(&acme, &change).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(house.altered_events().await.len(), 2);
}

#[tokio::test]
async fn a_tenant_in_the_trash_or_half_made_is_not_altered() {
    let house = House::new();
    let acme = house.create("acme").await;
    let step = "making the role and the database";
    let doomed = house.pgs.clone().with_progress(Arc::new(DieBefore(step)));
    let create = async move { doomed.create(id("half"), TenantSpec::default()).await };
    assert!(tokio::spawn(create).await.is_err());
    let error = house
        .pgs
        .alter(&id("half"), &sessions(7))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongState);
    house.pgs.remove(&acme.id).await.unwrap();
    let error = house.pgs.alter(&acme.id, &sessions(7)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_change_whose_engine_went_away_is_finished_when_it_is_back() {
    let house = House::new();
    let acme = house.create("acme").await.id;
    house.host.go_away();
    let error = house.pgs.alter(&acme, &sessions(7)).await.unwrap_err();
    assert!(
        error.remedy().unwrap().contains("pgs reconcile"),
        "{error:?}"
    );
    house.host.come_back();
    let report = house.pgs.reconcile().await.unwrap();
    assert_eq!(report.done, [(acme, Reconciled::Altered)]);
    assert_eq!(house.spec().await.limits.max_connections, Some(7));
}

/// Kills an alter at each step, on a running and on a stopped tenant, and settles what is left.
async fn kill_alter(change: &SpecChange, settle: impl AsyncFn(&House), runs: bool) {
    for step in 1.. {
        let house = House::new();
        let acme = house.create("acme").await.id;
        if !runs {
            house.pgs.stop(&acme).await.unwrap();
        }
        let progress = Arc::new(DieAt {
            step,
            seen: AtomicUsize::new(0),
        });
        let (doomed, change) = (house.pgs.clone().with_progress(progress), change.clone());
        let outcome = tokio::spawn(async move { doomed.alter(&acme, &change).await }).await;
        settle(&house).await;
        let spec = house.spec().await;
        let refused = |text: &str| text.starts_with("refuse.me");
        assert!(!spec.settings.iter().any(|own| refused(&own.to_string())));
        if outcome.is_ok() {
            assert!(step > 4, "altering announces its steps");
            return;
        }
    }
}

#[tokio::test]
async fn a_change_cut_short_is_finished_or_taken_back_by_reconciling_and_by_starting() {
    for change in [sessions(7), setting("work_mem=1MB"), setting("refuse.me=1")] {
        for runs in [true, false] {
            let reconcile = async |house: &House| {
                let report = house.pgs.reconcile().await.unwrap();
                assert!(report.problems.is_empty(), "{:?}", report.problems);
            };
            kill_alter(&change, reconcile, runs).await;
        }
        let start = async |house: &House| house.pgs.start(&id("acme")).await.unwrap();
        kill_alter(&change, start, false).await;
    }
}

#[derive(Clone, Copy, Debug)]
enum Operation {
    Create,
    Start,
    Stop,
    Remove,
    Restore,
    Purge,
}

impl Operation {
    const ALL: [Self; 6] = [
        Self::Create,
        Self::Start,
        Self::Stop,
        Self::Remove,
        Self::Restore,
        Self::Purge,
    ];

    async fn prepare(self, pgs: &TenantManager) {
        if !matches!(self, Self::Create) {
            pgs.create(id("acme"), TenantSpec::default()).await.unwrap();
        }
        match self {
            Self::Start => pgs.stop(&id("acme")).await.unwrap(),
            Self::Restore => drop(pgs.remove(&id("acme")).await.unwrap()),
            _ => {}
        }
    }

    async fn run(self, pgs: &TenantManager) -> pgs_core::Result<()> {
        let acme = id("acme");
        match self {
            Self::Create => pgs.create(acme, TenantSpec::default()).await.map(drop),
            Self::Start => pgs.start(&acme).await,
            Self::Stop => pgs.stop(&acme).await,
            Self::Remove => pgs.remove(&acme).await.map(drop),
            Self::Restore => pgs.restore(&acme).await,
            Self::Purge => pgs.purge(&acme).await,
        }
    }
}

/// A panic at a step is to a task what a kill is to a process: nothing after it happens.
#[derive(Debug)]
struct DieAt {
    step: usize,
    seen: AtomicUsize,
}

impl Progress for DieAt {
    fn begin(&self, step: Step) {
        let died = self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.step;
        assert!(!died, "killed before: {}", step.what);
    }
}

/// The same, at the step of this name.
#[derive(Debug)]
struct DieBefore(&'static str);

impl Progress for DieBefore {
    fn begin(&self, step: Step) {
        assert_ne!(step.what, self.0, "killed");
    }
}

#[tokio::test]
async fn a_process_killed_at_any_step_leaves_something_that_recovering_settles() {
    for operation in Operation::ALL {
        for step in 1.. {
            let house = House::new();
            operation.prepare(&house.pgs).await;
            let progress = Arc::new(DieAt {
                step,
                seen: AtomicUsize::new(0),
            });
            let doomed = house.pgs.clone().with_progress(progress);
            let outcome = tokio::spawn(async move { operation.run(&doomed).await }).await;

            let report = house.pgs.recover().await.unwrap();
            assert!(
                report.problems.is_empty(),
                "{operation:?} {step}: {:?}",
                report.problems
            );
            assert_settled(&house, operation, step).await;
            if outcome.is_ok() {
                assert!(step > 2, "{operation:?} announces its steps");
                break;
            }
        }
    }
}

async fn assert_settled(house: &House, operation: Operation, step: usize) {
    let records = house.catalog.list().await.unwrap();
    let at = format!("{operation:?} cut at step {step}: {records:?}");
    assert!(records.iter().all(TenantRecord::is_settled), "{at}");
    assert_eq!(
        house.host.list().await.unwrap().len(),
        records.len(),
        "{at}"
    );
    for record in &records {
        let found = house.host.inspect(record.uid).await.unwrap().unwrap();
        assert_eq!(
            found.is_up(),
            record.lifecycle == Lifecycle::Running,
            "{at}"
        );
        assert_eq!(
            found.marker == Marker::Trashed,
            record.lifecycle == Lifecycle::Trashed,
            "{at}"
        );
        assert_ne!(found.marker, Marker::Pending, "{at}");
    }
}

#[tokio::test]
async fn networks_are_kept_and_told_in_the_log() {
    let house = House::new();
    let mut spec = TenantSpec::default();
    spec.networks.deny.push("10.0.0.1".parse().unwrap());
    house.pgs.create(id("acme"), spec).await.unwrap();
    let acme = id("acme");
    let mut change = NetworksChange::default();
    change.allow = Change::Set(vec!["10.0.0.0/8".parse().unwrap()]);
    let rules = house.pgs.set_networks(&acme, &change).await.unwrap();
    assert_eq!((rules.allow.len(), rules.deny.len()), (1, 1));
    assert_eq!(house.pgs.get(&acme).await.unwrap().networks, rules);
    // Nothing to change, nothing to tell.
    house.pgs.set_networks(&acme, &change).await.unwrap();
    let events = house.pgs.events(0, 100).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .filter(|event| event.kind == EventKind::NetworksChanged)
        .map(|event| event.detail.as_deref())
        .collect();
    assert_eq!(told, [Some("allow_from=10.0.0.0/8")]);
    let error = house.pgs.set_networks(&id("nobody"), &change).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn networks_change_while_somebody_else_works_on_the_tenant() {
    let house = House::new();
    let uid = house.create("acme").await.uid;
    let lock = house.catalog.lock(uid).await.unwrap();
    let mut change = NetworksChange::default();
    change.deny = Change::Set(vec!["::/0".parse().unwrap()]);
    house.pgs.set_networks(&id("acme"), &change).await.unwrap();
    change.deny = Change::Lift;
    let rules = house.pgs.set_networks(&id("acme"), &change).await.unwrap();
    assert!(rules.are_empty());
    drop(lock);
}
