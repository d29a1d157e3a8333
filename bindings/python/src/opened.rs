use crate::home::Home;
use pyo3::{IntoPyObjectExt, prelude::*};

/// Something that goes on by itself until it is closed.
pub(crate) trait Closable: Sized + Send + 'static {
    /// What Python has of it.
    type Shown: for<'py> IntoPyObject<'py>;

    fn shown(self) -> Self::Shown;

    fn end(self) -> impl Future<Output = ()> + Send;
}

/// Such a thing that nobody has yet. If nobody waits for it any more, it is closed.
#[derive(Debug)]
pub(crate) struct Opened<T: Closable>(Option<T>);

impl<T: Closable> Opened<T> {
    pub(crate) fn new(opened: T) -> Self {
        Self(Some(opened))
    }
}

impl<'py, T: Closable> IntoPyObject<'py> for Opened<T> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(mut self, py: Python<'py>) -> PyResult<Self::Output> {
        self.0.take().map(T::shown).into_bound_py_any(py)
    }
}

impl<T: Closable> Drop for Opened<T> {
    fn drop(&mut self) {
        if let (Some(opened), Some(home)) = (self.0.take(), Home::existing()) {
            home.runtime().spawn(opened.end());
        }
    }
}
