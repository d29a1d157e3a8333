use crate::{call::Call, opened::Closable, owned::Owned};
use pgs_bindings::Fault;
use pyo3::prelude::*;

/// Servers that die are started again.
#[pyclass(frozen, module = "pgs._pgs")]
#[derive(Debug)]
pub(crate) struct Supervision(Owned<pgs_bindings::Supervision>);

#[pymethods]
impl Supervision {
    fn close(&self, py: Python<'_>) -> PyResult<Call> {
        let supervision = self.0.get(py)?.clone();
        Call::start(py, async move { supervision.close().await })
    }
}

impl Closable for pgs_bindings::Supervision {
    type Shown = Supervision;

    fn shown(self) -> Supervision {
        Supervision(Owned::new(self))
    }

    async fn end(self) {
        if let Err(Fault { message, .. }) = self.close().await {
            tracing::error!(error = %message, "a supervision that nobody waited for has failed");
        }
    }
}
