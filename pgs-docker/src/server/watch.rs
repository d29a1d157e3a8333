//! Learning of containers that end, from the engine's stream of events.

use crate::{engine::Engine, labels};
use bollard::{
    models::EventMessage,
    query_parameters::{EventsOptions, EventsOptionsBuilder},
};
use futures_util::StreamExt;
use pgs_core::TenantUid;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{sync::Notify, task::JoinHandle};

/// One stream of events for all tenants of an installation, begun when somebody first waits for one.
#[derive(Debug)]
pub(crate) struct Watch {
    engine: Engine,
    installation: String,
    waiting: Arc<Waiting>,
    listener: Mutex<Option<JoinHandle<()>>>,
}

/// Who waits for news of which tenant.
#[derive(Debug, Default)]
struct Waiting(Mutex<HashMap<TenantUid, Weak<Notify>>>);

impl Watch {
    pub(crate) fn new(engine: Engine, installation: String) -> Self {
        Self {
            engine,
            installation,
            waiting: Arc::default(),
            listener: Mutex::default(),
        }
    }

    /// What is notified whenever there may be news of this tenant: an event, or the stream of them began anew.
    pub(crate) fn news_of(&self, uid: TenantUid) -> Arc<Notify> {
        self.listen();
        self.waiting.join(uid)
    }

    /// The stream is read on the runtime that first asked; when that is gone, the next one takes over.
    fn listen(&self) {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let (engine, installation) = (self.engine.clone(), self.installation.clone());
        let waiting = Arc::downgrade(&self.waiting);
        *listener = Some(tokio::spawn(follow(engine, installation, waiting)));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let listener = self
            .listener
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = listener.take() {
            task.abort();
        }
    }
}

impl Waiting {
    fn join(&self, uid: TenantUid) -> Arc<Notify> {
        let mut waiting = self.lock();
        if let Some(there) = waiting.get(&uid).and_then(Weak::upgrade) {
            return there;
        }
        waiting.retain(|_, news| news.strong_count() > 0);
        let news = Arc::new(Notify::new());
        waiting.insert(uid, Arc::downgrade(&news));
        news
    }

    fn tell(&self, uid: TenantUid) {
        if let Some(news) = self.lock().get(&uid).and_then(Weak::upgrade) {
            news.notify_waiters();
        }
    }

    fn tell_all(&self) {
        let all: Vec<_> = self.lock().values().filter_map(Weak::upgrade).collect();
        for news in all {
            news.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantUid, Weak<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads events as long as somebody could wait for them. After a gap, however long, everybody looks for themselves.
async fn follow(engine: Engine, installation: String, waiting: Weak<Waiting>) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        let since = SystemTime::now();
        let is_there = engine.docker().ping().await.is_ok();
        let Some(all) = waiting.upgrade() else {
            return;
        };
        all.tell_all();
        drop(all);
        if is_there {
            pause = SHORTEST_PAUSE;
            pass_on(&engine, &installation, since, &waiting).await;
            tracing::warn!("the Docker Engine's stream of events ended; waiting for the engine");
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Passes events on until the stream ends.
async fn pass_on(engine: &Engine, installation: &str, since: SystemTime, waiting: &Weak<Waiting>) {
    let options = options(installation, since);
    let mut events = Box::pin(engine.docker().events(Some(options)));
    while let Some(Ok(event)) = events.next().await {
        let Some(waiting) = waiting.upgrade() else {
            return;
        };
        if let Some(uid) = about(&event) {
            note(&event);
            waiting.tell(uid);
        }
    }
}

/// The request is sent when the stream is first read, so it asks for what happened since everybody looked.
fn options(installation: &str, since: SystemTime) -> EventsOptions {
    let mut filters = labels::filter(installation, labels::UID);
    filters.insert("type".to_owned(), vec!["container".to_owned()]);
    let kinds = ["die", "destroy", "oom"];
    filters.insert("event".to_owned(), kinds.map(str::to_owned).to_vec());
    let since = since.duration_since(UNIX_EPOCH).unwrap_or_default();
    EventsOptionsBuilder::new()
        .since(&since.as_secs().to_string())
        .filters(&filters)
        .build()
}

fn about(event: &EventMessage) -> Option<TenantUid> {
    labels::uid(event.actor.as_ref()?.attributes.as_ref()?)
}

/// Where only a backend was killed, the server goes on, and nobody else would learn why its sessions were cut.
fn note(event: &EventMessage) {
    if event.action.as_deref() == Some("oom") {
        let attributes = event
            .actor
            .as_ref()
            .and_then(|actor| actor.attributes.as_ref());
        let tenant = attributes.and_then(labels::tenant).unwrap_or_default();
        tracing::warn!(
            tenant,
            "the kernel killed a process of the server: its memory limit was reached"
        );
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
