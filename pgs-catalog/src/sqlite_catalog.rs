use crate::{
    change_counter::ChangeCounter, connection, events, fault::Fault, lock_directory::LockDirectory,
    schema, tenants, worker::Worker,
};
use async_trait::async_trait;
use pgs_core::{
    Result, TenantId, TenantRecord, TenantUid, Timestamp,
    catalog::{Catalog, Changes, Event, EventKind, TenantLock, Version},
};
use rusqlite::{Connection, TransactionBehavior};
use std::{path::Path, time::Duration};

/// The catalogue in a state directory: `catalog.sqlite3`, and `locks/` for the right to work on a tenant.
///
/// A write whose future is dropped may be committed all the same; a dropped [`lock`](Catalog::lock) leaves nothing behind.
/// [`version`](Catalog::version) costs microseconds: two as a rule, tens for the first call after a commit.
/// Waiting for a lock needs a tokio runtime with time enabled. Dropping the catalogue waits for what it was last told to do.
///
/// ```
/// use pgs_catalog::SqliteCatalog;
/// use pgs_core::catalog::Catalog;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// let ours = SqliteCatalog::open(directory.path())?;
/// let theirs = SqliteCatalog::open(directory.path())?; // in another process, as a rule
/// assert!(ours.list().await?.is_empty());
///
/// let uid = "01890a5d-ac96-774b-bcce-b302099a8057".parse()?;
/// let lock = ours.lock(uid).await?;
/// assert!(theirs.try_lock(uid).await?.is_none());
/// drop(lock);
/// assert!(theirs.try_lock(uid).await?.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct SqliteCatalog {
    // Two threads, because a write may wait seconds for another process's, and reads never wait for writers.
    writer: Worker,
    reader: Worker,
    counter: ChangeCounter,
    locks: LockDirectory,
}

impl SqliteCatalog {
    /// Opens the catalogue in this directory, which exists, or begins an empty one.
    ///
    /// Blocks for some milliseconds. Fails with `PermissionDenied` when the directory cannot be written to, `Corrupt`
    /// when the file in it is no catalogue of pgs, and `Unsupported` when a newer pgs has written it.
    pub fn open(directory: &Path) -> Result<Self> {
        let locks = LockDirectory::open(directory)?;
        let _gate = locks.gate().close()?;
        locks.sweep()?;
        let path = directory.join(FILE);
        connection::create(&path)?;
        let mut writer = connection::open_writer(&path)?;
        schema::migrate(&mut writer)?;
        Ok(Self {
            reader: Worker::start("pgs-catalog-reader", connection::open_reader(&path)?)?,
            counter: ChangeCounter::new(connection::open_reader(&path)?),
            writer: Worker::start("pgs-catalog-writer", writer)?,
            locks,
        })
    }

    /// How long [`lock`](Catalog::lock) waits for whoever has the lock before it fails with `Busy`. Default: 60 seconds.
    #[must_use]
    pub fn with_lock_patience(mut self, patience: Duration) -> Self {
        self.locks.set_patience(patience);
        self
    }

    async fn read<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let deferred = TransactionBehavior::Deferred;
        let job = move |connection: &mut Connection| transact(connection, deferred, work);
        self.reader.run(job).await
    }

    async fn write<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let immediate = TransactionBehavior::Immediate;
        let job = move |connection: &mut Connection| transact(connection, immediate, work);
        self.writer.run(job).await
    }
}

fn transact<T>(
    connection: &mut Connection,
    behavior: TransactionBehavior,
    work: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let transaction = connection.transaction_with_behavior(behavior)?;
    let answer = work(&transaction)?;
    transaction.commit()?;
    Ok(answer)
}

#[async_trait]
impl Catalog for SqliteCatalog {
    async fn get(&self, id: &TenantId) -> Result<Option<TenantRecord>> {
        let id = id.clone();
        self.read(move |connection| tenants::named(connection, &id))
            .await
    }

    async fn get_by_uid(&self, uid: TenantUid) -> Result<Option<TenantRecord>> {
        self.read(move |connection| tenants::of_uid(connection, uid))
            .await
    }

    async fn list(&self) -> Result<Vec<TenantRecord>> {
        self.read(tenants::all).await
    }

    async fn insert(
        &self,
        record: &TenantRecord,
        kind: EventKind,
        at: Timestamp,
    ) -> Result<TenantRecord> {
        let record = record.clone();
        self.write(move |connection| {
            let inserted = tenants::insert(connection, record)?;
            events::append(connection, &inserted, kind, None, at)?;
            Ok(inserted)
        })
        .await
    }

    async fn update(
        &self,
        record: &TenantRecord,
        kind: EventKind,
        detail: Option<&str>,
        at: Timestamp,
    ) -> Result<TenantRecord> {
        let (record, detail) = (record.clone(), detail.map(str::to_owned));
        self.write(move |connection| {
            let updated = tenants::update(connection, record)?;
            events::append(connection, &updated, kind, detail.as_deref(), at)?;
            Ok(updated)
        })
        .await
    }

    async fn delete(
        &self,
        record: &TenantRecord,
        kind: EventKind,
        detail: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        let (record, detail) = (record.clone(), detail.map(str::to_owned));
        self.write(move |connection| {
            if tenants::delete(connection, &record)? {
                events::append(connection, &record, kind, detail.as_deref(), at)?;
            }
            Ok(())
        })
        .await
    }

    fn version(&self) -> Result<Version> {
        self.counter.read()
    }

    async fn changes(&self, after: u64) -> Result<Changes> {
        self.read(move |connection| {
            let changed = tenants::changed_since(connection, after)?;
            Ok(Changes::new(events::last(connection)?, changed))
        })
        .await
    }

    async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>> {
        self.read(move |connection| events::since(connection, after, limit))
            .await
    }

    async fn lock(&self, uid: TenantUid) -> Result<Box<dyn TenantLock>> {
        Ok(Box::new(self.locks.lock(uid).await?))
    }

    async fn try_lock(&self, uid: TenantUid) -> Result<Option<Box<dyn TenantLock>>> {
        let lock = self.locks.try_lock(uid).await?;
        Ok(lock.map(|lock| Box::new(lock) as Box<dyn TenantLock>))
    }
}

const FILE: &str = "catalog.sqlite3";
