//! The runtime that calls run on. Threads do not survive a fork, so a forked child gets one of its own, and the parent's is
//! left alone there: ending it would wait for threads that are not there.

use arc_swap::ArcSwapOption;
use pgs_bindings::Fault;
use pyo3::pyfunction;
use std::{mem, process, sync::Arc};
use tokio::runtime::{Builder, Runtime};
use tokio_util::task::TaskTracker;

/// What the calls of one process run on.
#[derive(Debug)]
pub(crate) struct Home {
    process: u32,
    runtime: Runtime,
    /// The calls that the interpreter's end waits for.
    unfinished: TaskTracker,
}

impl Home {
    /// This process's, made if it is not there.
    pub(crate) fn here() -> Result<Arc<Self>, Fault> {
        if let Some(home) = Self::existing() {
            return Ok(home);
        }
        let new = Arc::new(Self::new()?);
        HOME.rcu(|known| match known {
            // Another thread was faster.
            Some(home) if home.is_here() => Arc::clone(home),
            Some(of_the_parent) => {
                mem::forget(Arc::clone(of_the_parent));
                Arc::clone(&new)
            }
            None => Arc::clone(&new),
        });
        Ok(Self::existing().unwrap_or(new))
    }

    /// This process's, if it has one.
    pub(crate) fn existing() -> Option<Arc<Self>> {
        let known = HOME.load();
        known.as_ref().filter(|home| home.is_here()).cloned()
    }

    fn new() -> Result<Self, Fault> {
        let runtime = Builder::new_multi_thread()
            .enable_all()
            .thread_name("pgs")
            .build();
        let runtime = runtime
            .map_err(|cause| pgs::Error::io("the threads of pgs cannot be started", cause))?;
        Ok(Self {
            process: process::id(),
            runtime,
            unfinished: TaskTracker::new(),
        })
    }

    fn is_here(&self) -> bool {
        self.process == process::id()
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// How many tasks there are: calls, proxies, and what goes on behind them.
    fn tasks(&self) -> usize {
        self.runtime.metrics().num_alive_tasks()
    }

    pub(crate) fn unfinished(&self) -> &TaskTracker {
        &self.unfinished
    }
}

/// How many tasks go on in this process, for tests.
#[pyfunction]
pub(crate) fn tasks() -> usize {
    Home::existing().map_or(0, |home| home.tasks())
}

static HOME: ArcSwapOption<Home> = ArcSwapOption::const_empty();
