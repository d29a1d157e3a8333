use crate::owned::Owned;
use pyo3::prelude::*;
use std::{
    io::{Read, Write},
    mem,
    os::{fd::AsRawFd, unix::net::UnixStream},
    sync::{Arc, Mutex, PoisonError},
};

/// Rings in an event loop when calls have ended: its descriptor becomes readable, which needs no interpreter.
#[pyclass(frozen, module = "pgs._pgs")]
#[derive(Debug)]
pub(crate) struct Bell {
    ringer: Owned<Arc<Ringer>>,
    ear: UnixStream,
}

/// The end of it that a call holds.
#[derive(Debug)]
pub(crate) struct Ringer {
    mouth: UnixStream,
    ended: Mutex<Vec<u64>>,
}

#[pymethods]
impl Bell {
    #[new]
    fn new() -> PyResult<Self> {
        let (ear, mouth) = UnixStream::pair()?;
        ear.set_nonblocking(true)?;
        mouth.set_nonblocking(true)?;
        let ringer = Ringer {
            mouth,
            ended: Mutex::default(),
        };
        Ok(Self {
            ringer: Owned::new(Arc::new(ringer)),
            ear,
        })
    }

    fn fileno(&self) -> i32 {
        self.ear.as_raw_fd()
    }

    /// The numbers of the calls that have ended since it was last asked.
    fn ended(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        let ringer = self.ringer.get(py)?;
        let mut heard = [0; 64];
        // Read before the list is taken: who finds an empty list rings again.
        while let Ok(64) = (&self.ear).read(&mut heard) {}
        let mut ended = ringer.ended.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(mem::take(&mut *ended))
    }
}

impl Bell {
    pub(crate) fn ringer(&self, py: Python<'_>) -> PyResult<Arc<Ringer>> {
        self.ringer.get(py).cloned()
    }
}

impl Ringer {
    pub(crate) fn ring(&self, number: u64) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let was_silent = ended.is_empty();
        ended.push(number);
        drop(ended);
        if was_silent {
            // Where nobody listens any more, nobody waits either.
            let _ = (&self.mouth).write(&[1]);
        }
    }
}
