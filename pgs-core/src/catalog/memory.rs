use super::{
    Catalog, Change, Changes, Event, EventKind, TenantLock, Version, already_exists,
    changed_meanwhile, gone,
};
use crate::{ErrorKind, Result, TenantId, TenantRecord, TenantUid, Timestamp};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

/// A catalogue that lives and dies with the process, for tests and throw-away managers.
#[derive(Debug, Default)]
pub struct MemoryCatalog {
    state: Mutex<State>,
    locks: Mutex<HashMap<TenantUid, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Debug, Default)]
struct State {
    records: BTreeMap<TenantUid, TenantRecord>,
    events: Vec<Event>,
}

impl MemoryCatalog {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_of(&self, uid: TenantUid) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(uid).or_default())
    }
}

impl State {
    fn check_name(&self, record: &TenantRecord) -> Result<()> {
        let taken = |other: &TenantRecord| {
            other.uid != record.uid && other.id == record.id && other.holds_name()
        };
        if record.holds_name() && self.records.values().any(taken) {
            Err(already_exists(&record.id))
        } else {
            Ok(())
        }
    }

    fn check_revision(&self, record: &TenantRecord) -> Result<()> {
        match self.records.get(&record.uid) {
            None => Err(gone(&record.id)),
            Some(now) if now.revision != record.revision => Err(changed_meanwhile(&record.id)),
            Some(_) => Ok(()),
        }
    }

    fn put(&mut self, mut record: TenantRecord) -> TenantRecord {
        record.revision += 1;
        self.records.insert(record.uid, record.clone());
        record
    }

    fn log(&mut self, record: &TenantRecord, kind: EventKind, detail: Option<&str>, at: Timestamp) {
        let seq = self.events.len() as u64 + 1;
        self.events.push(Event::new(
            seq,
            at,
            record.uid,
            record.id.clone(),
            kind,
            detail.map(str::to_owned),
        ));
    }
}

#[async_trait]
impl Catalog for MemoryCatalog {
    async fn get(&self, id: &TenantId) -> Result<Option<TenantRecord>> {
        Ok(self
            .state()
            .records
            .values()
            .find(|record| record.id == *id && record.holds_name())
            .cloned())
    }

    async fn get_by_uid(&self, uid: TenantUid) -> Result<Option<TenantRecord>> {
        Ok(self.state().records.get(&uid).cloned())
    }

    async fn list(&self) -> Result<Vec<TenantRecord>> {
        Ok(self.state().records.values().cloned().collect())
    }

    async fn insert(
        &self,
        record: &TenantRecord,
        kind: EventKind,
        at: Timestamp,
    ) -> Result<TenantRecord> {
        let mut state = self.state();
        state.check_name(record)?;
        if state.records.contains_key(&record.uid) {
            return Err(already_exists(&record.id));
        }
        state.log(record, kind, None, at);
        Ok(state.put(TenantRecord {
            revision: 0,
            ..record.clone()
        }))
    }

    async fn update(
        &self,
        record: &TenantRecord,
        kind: EventKind,
        detail: Option<&str>,
        at: Timestamp,
    ) -> Result<TenantRecord> {
        let mut state = self.state();
        state.check_revision(record)?;
        state.check_name(record)?;
        state.log(record, kind, detail, at);
        Ok(state.put(record.clone()))
    }

    async fn delete(
        &self,
        record: &TenantRecord,
        kind: EventKind,
        detail: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        let mut state = self.state();
        match state.check_revision(record) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            checked => checked?,
        }
        state.records.remove(&record.uid);
        state.log(record, kind, detail, at);
        Ok(())
    }

    fn version(&self) -> Result<Version> {
        Ok(Version(self.state().events.len() as u64))
    }

    async fn changes(&self, after: u64) -> Result<Changes> {
        let state = self.state();
        let touched: std::collections::BTreeSet<_> = state
            .events
            .iter()
            .filter(|event| event.seq > after)
            .map(|event| event.uid)
            .collect();
        let change = |uid| match state.records.get(&uid) {
            Some(record) => Change::Put(Box::new(record.clone())),
            None => Change::Gone(uid),
        };
        Ok(Changes::new(
            state.events.len() as u64,
            touched.into_iter().map(change).collect(),
        ))
    }

    async fn events(&self, after: u64, limit: usize) -> Result<Vec<Event>> {
        Ok(self
            .state()
            .events
            .iter()
            .filter(|event| event.seq > after)
            .take(limit)
            .cloned()
            .collect())
    }

    async fn lock(&self, uid: TenantUid) -> Result<Box<dyn TenantLock>> {
        Ok(Box::new(MemoryLock(self.lock_of(uid).lock_owned().await)))
    }

    async fn try_lock(&self, uid: TenantUid) -> Result<Option<Box<dyn TenantLock>>> {
        let guard = self.lock_of(uid).try_lock_owned().ok();
        Ok(guard.map(|guard| Box::new(MemoryLock(guard)) as Box<dyn TenantLock>))
    }
}

#[derive(Debug)]
struct MemoryLock(#[expect(dead_code, reason = "held, not read")] OwnedMutexGuard<()>);

impl TenantLock for MemoryLock {}
