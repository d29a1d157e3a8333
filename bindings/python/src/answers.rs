//! What operations answer, as dictionaries. `python/pgs/_answers.py` makes classes of them; it is generated from the same
//! definition.

use pyo3::{exceptions::PyValueError, prelude::*};
use serde::Serialize;

/// Milliseconds since the start of 1970, UTC.
pub(crate) type Moment = u64;

fn moment(at: pgs::Timestamp) -> Moment {
    at.as_millis()
}

pgs_bindings::reports!(#[derive(Serialize)]);

/// A tenant that was created.
#[derive(Serialize)]
pub(crate) struct Created {
    id: String,
    uid: String,
    pg_version: i64,
    password: String,
}

impl From<pgs::Created> for Created {
    fn from(created: pgs::Created) -> Self {
        Self {
            id: created.id.to_string(),
            uid: created.uid.to_string(),
            pg_version: created.pg_version.number().into(),
            password: created.password.reveal().to_owned(),
        }
    }
}

/// A value that becomes dictionaries, lists, texts and numbers.
#[derive(Debug)]
pub(crate) struct Plain<T>(pub(crate) T);

impl<'py, T: Serialize> IntoPyObject<'py> for Plain<T> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let object = pythonize::pythonize(py, &self.0);
        object.map_err(|error| PyValueError::new_err(error.to_string()))
    }
}
