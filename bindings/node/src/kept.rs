//! Managers that are not closed yet. JavaScript may forget one, or end, without closing it. The servers and the directory of a
//! throw-away one must not stay for that, and no proxy may hold its port when nobody is left who could close it.

use crate::runtime::runtime;
use napi::{
    Env, Unknown,
    bindgen_prelude::{FnArgs, Function, JsObjectValue, Object},
};
use napi_derive::napi;
use pgs_bindings::{Ending, Fault, Manager};
use std::{
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, ThreadId},
};

/// One of them. A throw-away one is closed when this is dropped, as JavaScript does when it collects garbage; on the runtime,
/// so that nobody waits. What a lasting one made goes on until its thread ends.
#[derive(Debug)]
pub(crate) struct Kept {
    number: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    owner: ThreadId,
    held: Held,
}

#[derive(Clone, Debug)]
enum Held {
    ThrowAway(Manager),
    /// Whoever forgets it closes its files, which must not be kept open from here.
    Lasting(Ending),
}

static ENTRIES: Mutex<Vec<Entry>> = Mutex::new(Vec::new());
static MAIN: OnceLock<ThreadId> = OnceLock::new();
static NUMBERS: AtomicU64 = AtomicU64::new(0);

impl Kept {
    /// Keeps a throw-away one of the JavaScript thread `owner`.
    pub(crate) fn throw_away(manager: Manager, owner: ThreadId) -> Self {
        Self::new(Held::ThrowAway(manager), owner)
    }

    /// Keeps in mind what a lasting one of the JavaScript thread `owner` makes.
    pub(crate) fn lasting(manager: &Manager, owner: ThreadId) -> Self {
        Self::new(Held::Lasting(manager.ending()), owner)
    }

    fn new(held: Held, owner: ThreadId) -> Self {
        let number = NUMBERS.fetch_add(1, Relaxed);
        let mut entries = entries();
        entries.retain(|entry| !entry.held.is_over());
        entries.push(Entry {
            number,
            owner,
            held,
        });
        Self { number }
    }

    /// What forgets it, once it is closed.
    pub(crate) fn forget(&self) -> impl FnOnce() + Send + use<> {
        let number = self.number;
        move || forget(number)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let number = self.number;
        let held = entry(number).filter(|held| matches!(held, Held::ThrowAway(_)));
        if let (Some(held), Ok(runtime)) = (held, runtime()) {
            runtime.spawn(close(number, held));
        }
    }
}

impl Held {
    fn is_over(&self) -> bool {
        matches!(self, Self::Lasting(ending) if ending.is_over())
    }

    async fn close(self) -> Result<(), Fault> {
        match self {
            Self::ThrowAway(manager) => manager.close().await,
            Self::Lasting(ending) => {
                ending.end().await;
                Ok(())
            }
        }
    }
}

/// Makes this the thread whose end is the end of the process, and so of all throw-away ones, whoever opened them.
#[napi]
pub fn own_managers(is_main_thread: bool) {
    if is_main_thread {
        let _ = MAIN.set(thread::current().id());
    }
}

/// Takes part in the end of this thread of JavaScript.
///
/// A process that exits tells it by an event only, a worker that is terminated by a hook only. The global `process` is
/// asked, since what a test runner puts in its place for a file does not hear of the end.
pub(crate) fn close_at_end(env: Env) -> napi::Result<()> {
    let process: Object<'_> = env.get_global()?.get_named_property("process")?;
    let once: Function<'_, Listener<'_>, Unknown<'_>> = process.get_named_property("once")?;
    let close = env.create_function_from_closure("pgs", |_| close_all())?;
    once.apply(process, ("exit", close).into())?;
    env.add_env_cleanup_hook((), |()| {
        if let Err(error) = close_all() {
            tracing::error!(error = error.reason, "managers could not be closed");
        }
    })?;
    Ok(())
}

/// The name of an event, and what is called when it comes.
type Listener<'a> = FnArgs<(&'a str, Function<'a, (), ()>)>;

/// Closes those that end with this thread, and waits for it.
fn close_all() -> napi::Result<()> {
    let here = thread::current().id();
    let is_main = MAIN.get() == Some(&here);
    let ending: Vec<_> = {
        let entries = entries();
        let ending = entries.iter().filter(|entry| entry.ends(here, is_main));
        ending
            .map(|entry| (entry.number, entry.held.clone()))
            .collect()
    };
    if ending.is_empty() {
        return Ok(());
    }
    runtime()?.block_on(async {
        for (number, held) in ending {
            close(number, held).await;
        }
    });
    Ok(())
}

impl Entry {
    /// With the process proxies end by themselves, so that its end waits for what is thrown away and nothing else.
    fn ends(&self, thread: ThreadId, is_main: bool) -> bool {
        match self.held {
            Held::ThrowAway(_) => is_main || self.owner == thread,
            Held::Lasting(_) => !is_main && self.owner == thread,
        }
    }
}

async fn close(number: u64, held: Held) {
    if let Err(fault) = held.close().await {
        tracing::error!(error = fault.message, "a manager could not be taken down");
    }
    forget(number);
}

fn forget(number: u64) {
    entries().retain(|entry| entry.number != number);
}

fn entry(number: u64) -> Option<Held> {
    let entries = entries();
    let entry = entries.iter().find(|entry| entry.number == number);
    entry.map(|entry| entry.held.clone())
}

fn entries() -> MutexGuard<'static, Vec<Entry>> {
    ENTRIES.lock().unwrap_or_else(PoisonError::into_inner)
}
