use crate::{call::Call, owned::Owned};
use pyo3::prelude::*;

/// Servers that die are started again.
#[pyclass(frozen, module = "pgs._pgs")]
#[derive(Debug)]
pub(crate) struct Supervision(Owned<pgs_bindings::Supervision>);

impl Supervision {
    pub(crate) fn new(inner: pgs_bindings::Supervision) -> Self {
        Self(Owned::new(inner))
    }
}

#[pymethods]
impl Supervision {
    fn close(&self, py: Python<'_>) -> PyResult<Call> {
        let supervision = self.0.get(py)?.clone();
        Call::start(py, async move { supervision.close().await })
    }
}
