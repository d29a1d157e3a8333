use pgs_bindings::Fault;
use pyo3::{IntoPyObjectExt, prelude::*};
use std::fmt;

/// What a call answered, to be made a Python object by a thread of Python's.
pub(crate) struct Answer(Box<Make>);

type Make = dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send;

/// What became of a call.
pub(crate) type Outcome = Result<Answer, Fault>;

impl Answer {
    pub(crate) fn new<T>(value: T) -> Self
    where
        T: for<'py> IntoPyObject<'py> + Send + 'static,
    {
        Self(Box::new(move |py| value.into_py_any(py)))
    }

    pub(crate) fn into_object(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        (self.0)(py)
    }
}

impl fmt::Debug for Answer {
    // It may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}
