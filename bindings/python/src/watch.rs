use crate::{
    answers::{Event, Plain},
    call::Call,
    owned::Owned,
};
use pyo3::prelude::*;

/// The log of changes as it grows.
#[pyclass(frozen, module = "pgs._pgs")]
#[derive(Debug)]
pub(crate) struct Watch(Owned<pgs_bindings::Watch>);

impl Watch {
    pub(crate) fn new(inner: pgs_bindings::Watch) -> Self {
        Self(Owned::new(inner))
    }
}

#[pymethods]
impl Watch {
    /// The next event; none once it is closed.
    fn next(&self, py: Python<'_>) -> PyResult<Call> {
        let watch = self.0.get(py)?.clone();
        Call::look(py, async move {
            Ok(watch.next().await?.map(|event| Plain(Event::from(event))))
        })
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.0.get(py)?.close();
        Ok(())
    }
}
