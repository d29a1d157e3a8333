//! Throw-away managers that are not closed yet. JavaScript may forget one, or end, without closing it; their servers and
//! directories must not stay for that.

use crate::runtime::runtime;
use napi::{
    Env, Unknown,
    bindgen_prelude::{FnArgs, Function, JsObjectValue, Object},
};
use napi_derive::napi;
use pgs_bindings::{Fault, Manager};
use std::{
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread::{self, ThreadId},
};

/// One of them. Dropped, as JavaScript does when it collects garbage, it is closed on the runtime, so that nobody waits.
#[derive(Debug)]
pub(crate) struct Kept {
    number: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    owner: ThreadId,
    manager: Manager,
}

static ENTRIES: Mutex<Vec<Entry>> = Mutex::new(Vec::new());
static MAIN: OnceLock<ThreadId> = OnceLock::new();
static NUMBERS: AtomicU64 = AtomicU64::new(0);

impl Kept {
    /// Keeps one of the JavaScript thread `owner`.
    pub(crate) fn new(manager: Manager, owner: ThreadId) -> Self {
        let number = NUMBERS.fetch_add(1, Relaxed);
        entries().push(Entry {
            number,
            owner,
            manager,
        });
        Self { number }
    }

    /// Closes it, and answers when everything of it is gone.
    pub(crate) fn close(&self) -> impl Future<Output = Result<(), Fault>> + Send + use<> {
        close(self.number)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let number = self.number;
        if let Ok(runtime) = runtime() {
            runtime.spawn(async move { tell(close(number).await) });
        }
    }
}

/// Makes this the thread whose end is the end of the process, and so of all of them, whoever opened them.
#[napi]
pub fn own_ephemerals(is_main_thread: bool) {
    if is_main_thread {
        let _ = MAIN.set(thread::current().id());
    }
}

/// Takes part in the end of this thread of JavaScript.
///
/// It asks the global `process`, since what a test runner puts in its place for a file does not hear of the end.
pub(crate) fn close_at_exit(env: Env) -> napi::Result<()> {
    let process: Object<'_> = env.get_global()?.get_named_property("process")?;
    let once: Function<'_, Listener<'_>, Unknown<'_>> = process.get_named_property("once")?;
    let close = env.create_function_from_closure("pgs", |_| close_all())?;
    once.apply(process, ("exit", close).into())?;
    Ok(())
}

/// The name of an event, and what is called when it comes.
type Listener<'a> = FnArgs<(&'a str, Function<'a, (), ()>)>;

/// Closes those that this thread has opened, and waits for it.
fn close_all() -> napi::Result<()> {
    let here = thread::current().id();
    let is_main = MAIN.get() == Some(&here);
    let numbers: Vec<_> = {
        let entries = entries();
        let mine = entries
            .iter()
            .filter(|entry| is_main || entry.owner == here);
        mine.map(|entry| entry.number).collect()
    };
    if numbers.is_empty() {
        return Ok(());
    }
    runtime()?.block_on(async {
        for number in numbers {
            tell(close(number).await);
        }
    });
    Ok(())
}

async fn close(number: u64) -> Result<(), Fault> {
    let manager = {
        let entries = entries();
        let entry = entries.iter().find(|entry| entry.number == number);
        entry.map(|entry| entry.manager.clone())
    };
    let Some(manager) = manager else {
        return Ok(());
    };
    let outcome = manager.close().await;
    entries().retain(|entry| entry.number != number);
    outcome
}

fn tell(outcome: Result<(), Fault>) {
    if let Err(fault) = outcome {
        tracing::error!(
            error = fault.message,
            "a throw-away manager could not be taken down"
        );
    }
}

fn entries() -> MutexGuard<'static, Vec<Entry>> {
    ENTRIES.lock().unwrap_or_else(PoisonError::into_inner)
}
