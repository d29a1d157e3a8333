use super::{Gauge, SessionInfo, Visitor};
use crate::{crew::Crew, relay::End};
use pgs_core::{
    TenantId, TenantUid,
    provision::ServerSession,
    routing::{Refusal, Route},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};
use tokio::task::AbortHandle;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// All live sessions by tenant. A session is in here before its server is contacted.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    by_tenant: HashMap<TenantUid, BTreeMap<u64, Arc<Entry>>>,
    last: u64,
}

#[derive(Debug)]
struct Entry {
    crew: u64,
    fate: Mutex<Fate>,
    /// Whose session it is, as soon as it was introduced.
    whose: OnceLock<(TenantId, Visitor)>,
    gauge: Gauge,
    /// Its process id at the server, and when the server told it.
    announced: OnceLock<(u32, Instant)>,
}

#[derive(Debug, Default)]
enum Fate {
    /// Its server is being contacted.
    #[default]
    Opening,
    Running(AbortHandle),
    Cut(End),
}

/// A session's place in the registry; dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct Ticket {
    sessions: Arc<Sessions>,
    uid: TenantUid,
    number: u64,
    entry: Arc<Entry>,
    _crew: TaskTrackerToken,
}

impl Sessions {
    /// A place for one more session of this tenant, unless it has as many as it may.
    pub(crate) fn enter(
        self: &Arc<Self>,
        route: &Route,
        limit: Option<u32>,
        crew: &Crew,
    ) -> Result<Ticket, Refusal> {
        let mut entries = self.entries();
        entries.last += 1;
        let number = entries.last;
        let of_tenant = entries.by_tenant.entry(route.uid).or_default();
        if limit.is_some_and(|limit| of_tenant.len() >= limit as usize) {
            if of_tenant.is_empty() {
                entries.by_tenant.remove(&route.uid);
            }
            return Err(Refusal::TenantFull(route.id.clone()));
        }
        let entry = Arc::new(Entry {
            crew: crew.number,
            fate: Mutex::default(),
            whose: OnceLock::new(),
            gauge: Gauge::default(),
            announced: OnceLock::new(),
        });
        of_tenant.insert(number, Arc::clone(&entry));
        Ok(Ticket {
            sessions: Arc::clone(self),
            uid: route.uid,
            number,
            entry,
            _crew: crew.sessions.token(),
        })
    }

    /// The tenants that have sessions.
    pub(crate) fn tenants(&self) -> Vec<TenantUid> {
        self.entries().by_tenant.keys().copied().collect()
    }

    /// The sessions a tenant has now, to be cut later; those that come after are not among them.
    pub(crate) fn of(&self, uid: TenantUid) -> Condemned {
        let entries = self.entries();
        let of_tenant = entries.by_tenant.get(&uid).into_iter();
        Condemned(of_tenant.flat_map(BTreeMap::values).cloned().collect())
    }

    /// The sessions of one listener that their servers have let in, by tenant.
    pub(crate) fn announced(&self, crew: u64) -> Vec<(TenantUid, Vec<ServerSession>)> {
        let entries = self.entries();
        let tenants = entries.by_tenant.iter().map(|(uid, of_tenant)| {
            let of_crew = of_tenant.values().filter(|entry| entry.crew == crew);
            (*uid, of_crew.filter_map(|entry| entry.server()).collect())
        });
        tenants
            .filter(|(_, sessions): &(_, Vec<_>)| !sessions.is_empty())
            .collect()
    }

    /// The sessions of one listener that their servers have not let in yet.
    pub(crate) fn unannounced(&self, crew: u64) -> Condemned {
        let Condemned(mut all) = self.of_crew(crew);
        all.retain(|entry| entry.announced.get().is_none());
        Condemned(all)
    }

    /// The sessions that came in through one listener.
    pub(crate) fn of_crew(&self, crew: u64) -> Condemned {
        let entries = self.entries();
        let all = entries.by_tenant.values().flat_map(BTreeMap::values);
        Condemned(all.filter(|entry| entry.crew == crew).cloned().collect())
    }

    /// Every session that was introduced, the oldest first.
    pub(crate) fn list(&self) -> Vec<SessionInfo> {
        let entries = self.entries();
        let all = entries.by_tenant.values().flatten();
        let all: Vec<_> = all
            .map(|(number, entry)| (*number, Arc::clone(entry)))
            .collect();
        // Nobody has to wait while they are looked at.
        drop(entries);
        let told = all.iter().filter_map(|(number, entry)| entry.info(*number));
        let mut told: Vec<_> = told.collect();
        told.sort_unstable_by_key(|session| session.number);
        told
    }

    pub(crate) fn len(&self) -> usize {
        let entries = self.entries();
        entries.by_tenant.values().map(BTreeMap::len).sum()
    }

    fn leave(&self, uid: TenantUid, number: u64) {
        let mut entries = self.entries();
        if let Some(of_tenant) = entries.by_tenant.get_mut(&uid) {
            of_tenant.remove(&number);
            if of_tenant.is_empty() {
                entries.by_tenant.remove(&uid);
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sessions that are about to be cut.
#[derive(Debug)]
pub(crate) struct Condemned(Vec<Arc<Entry>>);

impl Condemned {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those of them that are not among the others.
    pub(crate) fn beside(mut self, others: &Self) -> Self {
        let others: HashSet<_> = others.0.iter().map(Arc::as_ptr).collect();
        self.0.retain(|entry| !others.contains(&Arc::as_ptr(entry)));
        self
    }

    /// Closes their sockets.
    pub(crate) fn cut(&self, reason: End) {
        for entry in &self.0 {
            entry.cut(reason);
        }
    }
}

impl Entry {
    fn cut(&self, reason: End) {
        let mut fate = self.fate();
        match &*fate {
            Fate::Opening => {}
            Fate::Running(task) => task.abort(),
            Fate::Cut(_) => return,
        }
        *fate = Fate::Cut(reason);
    }

    fn server(&self) -> Option<ServerSession> {
        let (pid, at) = *self.announced.get()?;
        Some(ServerSession {
            pid,
            age: at.elapsed(),
        })
    }

    fn info(&self, number: u64) -> Option<SessionInfo> {
        let (tenant, visitor) = self.whose.get()?;
        let (bytes_to_backend, bytes_to_client) = self.gauge.bytes();
        Some(SessionInfo {
            number,
            tenant: tenant.clone(),
            user: visitor.user(),
            database: visitor.database(),
            application_name: visitor.application_name(),
            peer: visitor.peer,
            listener: Arc::clone(&visitor.listener),
            tls: visitor.tls,
            state: self.gauge.state(),
            age: visitor.since.elapsed(),
            backend_pid: self.backend_pid(),
            bytes_to_backend,
            bytes_to_client,
        })
    }

    fn backend_pid(&self) -> Option<u32> {
        self.announced.get().map(|(pid, _)| *pid)
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Says whose session it is.
    pub(crate) fn introduce(&self, tenant: TenantId, visitor: Visitor) {
        // Only the first word counts, and only one is given.
        let _ = self.entry.whose.set((tenant, visitor));
    }

    pub(crate) fn whose(&self) -> Option<&(TenantId, Visitor)> {
        self.entry.whose.get()
    }

    pub(crate) fn gauge(&self) -> &Gauge {
        &self.entry.gauge
    }

    /// The process id that its server told its client.
    pub(crate) fn backend_pid(&self) -> Option<u32> {
        self.entry.backend_pid()
    }

    /// What is left in hand when a task takes the ticket.
    pub(crate) fn stub(&self) -> Stub {
        Stub(Arc::clone(&self.entry))
    }

    /// Why the session was cut, if it was.
    pub(crate) fn cut(&self) -> Option<End> {
        match *self.entry.fate() {
            Fate::Cut(reason) => Some(reason),
            Fate::Opening | Fate::Running(_) => None,
        }
    }
}

/// A session whose ticket is elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Stub(Arc<Entry>);

impl Stub {
    /// Its server has let it in, as this process.
    pub(crate) fn announced(&self, pid: u32) {
        // Only the first key of a session counts, and only one is learnt.
        let _ = self.0.announced.set((pid, Instant::now()));
    }

    pub(crate) fn gauge(&self) -> &Gauge {
        &self.0.gauge
    }

    /// How long ago its startup packet was read.
    pub(crate) fn age(&self) -> Duration {
        let whose = self.0.whose.get();
        whose.map_or(Duration::ZERO, |(_, visitor)| visitor.since.elapsed())
    }

    /// Makes the task the one to abort; a session that was cut meanwhile ends here.
    pub(crate) fn tie_to(self, task: AbortHandle) {
        let mut fate = self.0.fate();
        match &*fate {
            Fate::Cut(_) => task.abort(),
            Fate::Opening | Fate::Running(_) => *fate = Fate::Running(task),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.sessions.leave(self.uid, self.number);
    }
}
