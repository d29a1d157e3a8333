#![expect(
    clippy::unwrap_used,
    reason = "a child that fails fails its parent's test"
)]

use super::{MARK, ROLE, STATE};
use crate::support::{NOW, id, record};
use pgs_catalog::SqliteCatalog;
use pgs_core::{
    ErrorKind, TenantRecord, Timestamp,
    catalog::{Catalog, EventKind},
};
use std::{env, io};

/// Does what the environment says, and nothing where it says nothing.
pub(crate) async fn play_role() {
    let Ok(role) = env::var(ROLE) else {
        return;
    };
    say("ready");
    assert_eq!(hear().as_deref(), Some("go"));
    let catalog = match SqliteCatalog::open(env::var(STATE).unwrap().as_ref()) {
        Err(error) => return say(error.kind().code()),
        Ok(catalog) => catalog,
    };
    match role.as_str() {
        "increment" => increment(&catalog).await,
        "insert" => insert(&catalog).await,
        "update" => update(&catalog).await,
        "write" => write(&catalog).await,
        "lock" => lock(&catalog).await,
        _ => say("opened"),
    }
}

async fn increment(catalog: &SqliteCatalog) {
    let mut done = 0;
    while done < 50 {
        let mut counter = catalog.get(&id("counter")).await.unwrap().unwrap();
        let count = counter.trashed_at.map_or(0, Timestamp::as_millis);
        counter.trashed_at = Some(Timestamp::from_millis(count + 1));
        match catalog
            .update(&counter, EventKind::Started, None, NOW)
            .await
        {
            Ok(_) => done += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}"),
        }
    }
}

async fn insert(catalog: &SqliteCatalog) {
    match catalog
        .insert(&record("acme"), EventKind::Creating, NOW)
        .await
    {
        Ok(_) => say("inserted"),
        Err(error) => say(error.kind().code()),
    }
}

async fn update(catalog: &SqliteCatalog) {
    while hear().is_some() {
        let acme = catalog.get(&id("acme")).await.unwrap().unwrap();
        change(catalog, &acme).await;
        say("updated");
    }
}

/// Makes, changes and deletes tenants until killed, and says after each step how many events the tenant has.
async fn write(catalog: &SqliteCatalog) {
    let pid = std::process::id();
    for number in 0.. {
        let made = record(&format!("t-{pid}-{number}"));
        let mut made = catalog
            .insert(&made, EventKind::Creating, NOW)
            .await
            .unwrap();
        say(&format!("{} 1", made.uid));
        for _ in 0..number % 3 {
            made = change(catalog, &made).await;
            say(&format!("{} {}", made.uid, made.revision));
        }
        if number % 2 == 0 {
            catalog
                .delete(&made, EventKind::Purged, None, NOW)
                .await
                .unwrap();
            say(&format!("{} {}", made.uid, made.revision + 1));
        }
    }
}

async fn lock(catalog: &SqliteCatalog) {
    let acme = catalog.get(&id("acme")).await.unwrap().unwrap();
    let _lock = catalog.lock(acme.uid).await.unwrap();
    say("locked");
    hear();
}

async fn change(catalog: &SqliteCatalog, record: &TenantRecord) -> TenantRecord {
    let changed = catalog.update(record, EventKind::Started, None, NOW).await;
    changed.unwrap()
}

#[expect(clippy::print_stdout, reason = "the way to the parent")]
fn say(line: &str) {
    println!("{MARK}{line}");
}

/// The parent's next line, until it has gone.
fn hear() -> Option<String> {
    io::stdin().lines().next().transpose().unwrap()
}
