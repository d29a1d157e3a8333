use crate::{
    answer::{Answer, Outcome},
    bell::{Bell, Ringer},
    failure::raised,
    home::Home,
    owned::Owned,
};
use pgs_bindings::Fault;
use pyo3::prelude::*;
use std::{
    fmt, mem,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::AbortHandle;

/// Work that goes on by itself, and that a thread can wait for, or an event loop.
#[pyclass(frozen, module = "pgs._pgs")]
#[derive(Debug)]
pub(crate) struct Call {
    work: Owned<Work>,
}

#[derive(Debug)]
struct Work {
    shared: Arc<Shared>,
    /// Of one that changes nothing, and so ends with whoever waits for it.
    abort: Option<AbortHandle>,
}

struct Shared {
    state: Mutex<State>,
    ended: Condvar,
    /// What it answers is wanted by nobody.
    abandoned: AtomicBool,
}

enum State {
    /// The bells of those who wait.
    Running(Vec<(Arc<Ringer>, u64)>),
    Ended(Outcome),
    Taken,
}

impl Call {
    /// Work that goes on to its end, whoever waits for it; the interpreter's end waits for it too, for a while.
    pub(crate) fn start<T>(
        py: Python<'_>,
        work: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> PyResult<Self>
    where
        T: for<'py> IntoPyObject<'py> + Send + 'static,
    {
        let (home, shared) = (home(py)?, Shared::new());
        let work = promised(work, Promise(Arc::clone(&shared)));
        home.runtime().spawn(home.unfinished().track_future(work));
        Ok(Self::of(shared, None))
    }

    /// Work that only looks or waits, which ends when nobody waits for it any more.
    pub(crate) fn look<T>(
        py: Python<'_>,
        work: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> PyResult<Self>
    where
        T: for<'py> IntoPyObject<'py> + Send + 'static,
    {
        let (home, shared) = (home(py)?, Shared::new());
        let work = promised(work, Promise(Arc::clone(&shared)));
        let task = home.runtime().spawn(work);
        Ok(Self::of(shared, Some(task.abort_handle())))
    }

    fn of(shared: Arc<Shared>, abort: Option<AbortHandle>) -> Self {
        Self {
            work: Owned::new(Work { shared, abort }),
        }
    }

    fn shared(&self, py: Python<'_>) -> PyResult<&Shared> {
        Ok(&self.work.get(py)?.shared)
    }
}

#[pymethods]
impl Call {
    /// Rings the bell with this number when it has ended.
    fn ring(&self, py: Python<'_>, bell: &Bell, number: u64) -> PyResult<()> {
        let (shared, ringer) = (self.shared(py)?, bell.ringer(py)?);
        let mut state = shared.state();
        if let State::Running(bells) = &mut *state {
            bells.push((ringer, number));
        } else {
            ringer.ring(number);
        }
        Ok(())
    }

    /// No longer rings the bell with this number.
    fn unring(&self, py: Python<'_>, bell: &Bell, number: u64) -> PyResult<()> {
        let (shared, ringer) = (self.shared(py)?, bell.ringer(py)?);
        if let State::Running(bells) = &mut *shared.state() {
            bells.retain(|(known, of)| *of != number || !Arc::ptr_eq(known, &ringer));
        }
        Ok(())
    }

    /// Waits in this thread, for at most so many seconds; whether it has ended. The interpreter goes on meanwhile.
    #[pyo3(signature = (seconds=None))]
    fn wait(&self, py: Python<'_>, seconds: Option<f64>) -> PyResult<bool> {
        let shared = self.shared(py)?;
        let limit = seconds.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)));
        let limit = limit.and_then(Result::ok);
        let begin = Instant::now();
        loop {
            let left = limit.map(|limit| limit.saturating_sub(begin.elapsed()));
            let tick = left.map_or(TICK, |left| left.min(TICK));
            if py.detach(|| shared.wait(tick)) {
                return Ok(true);
            }
            // Such as Ctrl-C, which becomes an exception here.
            py.check_signals()?;
            if left.is_some_and(|left| left.is_zero()) {
                return Ok(false);
            }
        }
    }

    /// What it answered, once; an exception if it failed, however often it is asked.
    fn answer(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let shared = self.shared(py)?;
        let outcome = shared.take().unwrap_or_else(|| {
            let error = pgs::Error::internal("a call was asked for what it has not answered");
            Err(error.into())
        });
        match outcome {
            Ok(answer) => answer.into_object(py),
            Err(fault) => Err(raised(py, fault)),
        }
    }

    /// Nobody waits for it any more, nor asks for its answer: what it opens is closed, even where this object is kept.
    fn abandon(&self, py: Python<'_>) -> PyResult<()> {
        self.work.get(py)?.abandon();
        Ok(())
    }
}

impl Work {
    fn abandon(&self) {
        if let Some(abort) = &self.abort {
            abort.abort();
        }
        self.shared.abandon();
    }
}

/// Nobody can wait for it any more.
impl Drop for Work {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State::Running(Vec::new())),
            ended: Condvar::new(),
            abandoned: AtomicBool::new(false),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, outcome: Outcome) {
        let before = mem::replace(&mut *self.state(), State::Ended(outcome));
        self.ended.notify_all();
        if let State::Running(bells) = before {
            for (ringer, number) in bells {
                ringer.ring(number);
            }
        }
        // Looked at after the answer is there: whoever abandons it meanwhile finds the answer, or is found here.
        if self.abandoned.load(Ordering::SeqCst) {
            drop(self.take());
        }
    }

    fn abandon(&self) {
        self.abandoned.store(true, Ordering::SeqCst);
        drop(self.take());
    }

    fn wait(&self, limit: Duration) -> bool {
        let running = |state: &mut State| matches!(state, State::Running(_));
        let state = self.ended.wait_timeout_while(self.state(), limit, running);
        let (mut state, _) = state.unwrap_or_else(PoisonError::into_inner);
        !running(&mut state)
    }

    fn take(&self) -> Option<Outcome> {
        let mut state = self.state();
        if let State::Ended(Err(fault)) = &*state {
            return Some(Err(fault.clone()));
        }
        if !matches!(&*state, State::Ended(_)) {
            return None;
        }
        match mem::replace(&mut *state, State::Taken) {
            State::Ended(outcome) => Some(outcome),
            State::Running(_) | State::Taken => None,
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// Ends the call in any case, even when its work panics or is aborted.
struct Promise(Arc<Shared>);

impl Promise {
    fn keep(self, outcome: Outcome) {
        self.0.end(outcome);
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if matches!(&*self.0.state(), State::Running(_)) {
            let error = pgs::Error::internal("a call ended without an answer");
            self.0.end(Err(error.into()));
        }
    }
}

async fn promised<T>(work: impl Future<Output = Result<T, Fault>>, promise: Promise)
where
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let outcome = work.await.map(Answer::new);
    promise.keep(outcome);
}

fn home(py: Python<'_>) -> PyResult<Arc<Home>> {
    Home::here().map_err(|fault| raised(py, fault))
}

/// How often a waiting thread looks for signals.
const TICK: Duration = Duration::from_millis(50);
