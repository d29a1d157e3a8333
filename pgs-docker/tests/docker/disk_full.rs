use crate::machine::{Machine, Tenant, text};
use pgs_core::{ErrorKind, TenantManager, TenantSpec};
use testkit::PrivateEngine;
use tokio_postgres::{Client, error::SqlState};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_named_and_leaves_nothing_behind_but_what_was_there() {
    let Some(engine) = PrivateEngine::start("a full disk", DISK_MIB) else {
        return;
    };
    let machine = Machine::on(engine.docker().clone(), |_| ());
    let manager = machine.manager();
    // At first there is no template either.
    for leaving_kib in [0, 500] {
        is_refused(&engine, &machine, &manager, leaving_kib).await;
    }
    let old = Tenant::created(&manager, "old").await.unwrap();
    let client = old.client().await;
    client.batch_execute(KEEP_SOMETHING).await.unwrap();
    for leaving_kib in [0, 500, 30_000] {
        is_refused(&engine, &machine, &manager, leaving_kib).await;
        assert_eq!(text(&client, KEPT).await, "treasure");
    }
    Tenant::created(&manager, "new").await.unwrap();
    manager.purge(&"new".parse().unwrap()).await.unwrap();

    engine.fill_disk(500);
    write_too_much(&client).await;
    assert_eq!(text(&client, KEPT).await, "treasure");
    let show = manager.show(&old.id).await.unwrap();
    assert!(show.stats.is_some(), "it goes on: {show:?}");
    exhaust_wal(&client).await;
    let record = manager.get(&old.id).await.unwrap();
    manager.exited(&record).await.unwrap();
    let error = manager.start(&old.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{error:?}");
    assert!(error.remedy().unwrap().contains("docker system df"));
    engine.free_disk();
    manager.start(&old.id).await.unwrap();
    assert_eq!(text(&old.client().await, KEPT).await, "treasure");
    reads_a_torn_log(&engine, &manager).await;
}

/// Of a tenant whose log no full disk has torn before.
async fn reads_a_torn_log(engine: &PrivateEngine, manager: &TenantManager) {
    let id = Tenant::created(manager, "calm").await.unwrap().id;
    manager.stop(&id).await.unwrap();
    engine.tear_logs();
    let log = manager.logs(&id, 4).await.unwrap();
    assert!(log.contains("database system is shut down"), "{log}");
    assert!(log.contains("Error grabbing logs"), "{log}");
    assert_eq!(log.lines().count(), 5, "{log}");
    manager.start(&id).await.unwrap();
    let log = manager.logs(&id, 20).await.unwrap();
    assert!(log.contains("ready to accept connections"), "{log}");
    assert!(!log.contains("Error grabbing logs"), "{log}");
}

async fn is_refused(
    engine: &PrivateEngine,
    machine: &Machine,
    manager: &TenantManager,
    leaving_kib: u64,
) {
    let there = || {
        let containers = engine.ask(&["ps", "--all", "--quiet"]);
        (containers, engine.volumes(), machine.homes())
    };
    let before = there();
    engine.fill_disk(leaving_kib);
    let spec = TenantSpec::default();
    let outcome = manager.create("new".parse().unwrap(), spec).await;
    engine.free_disk();
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "{error:?}");
    assert!(error.remedy().unwrap().contains("docker system df"));
    let found = manager.get(&"new".parse().unwrap()).await.unwrap_err();
    assert_eq!(found.kind(), ErrorKind::NotFound);
    assert_eq!(there(), before, "nothing is left of the create");
}

/// Each statement fails for itself when a table cannot grow.
async fn write_too_much(client: &Client) {
    let error = client.batch_execute(WRITE_MUCH).await.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::DISK_FULL), "{error:?}");
}

/// What cannot be logged must not be done: the server ends.
async fn exhaust_wal(client: &Client) {
    while client.batch_execute(LOG_MUCH).await.is_ok() {}
}

const KEEP_SOMETHING: &str = "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('treasure'); CREATE TABLE much (word text)";
const KEPT: &str = "SELECT string_agg(word, ', ') FROM kept";
const WRITE_MUCH: &str = "INSERT INTO much SELECT repeat('x', 1000) FROM generate_series(1, 10000)";
const LOG_MUCH: &str = "SELECT pg_logical_emit_message(true, 'pgs', repeat('x', 1000000))";
const DISK_MIB: u64 = 600;
