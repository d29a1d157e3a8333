use pgs_bindings::Fault;
use pyo3::{prelude::*, sync::PyOnceLock, types::PyType};

/// The exception that says what a fault says.
pub(crate) fn raised(py: Python<'_>, fault: Fault) -> PyErr {
    let Fault {
        code,
        message,
        remedy,
        retryable,
    } = fault;
    let error =
        class(py).and_then(|class| class.call_method1("of", (code, message, remedy, retryable)));
    error.map_or_else(|failed| failed, PyErr::from_value)
}

/// What belongs to the process that this one was forked from is asked.
pub(crate) fn forked(py: Python<'_>) -> PyErr {
    let fault = Fault {
        code: "PGS_FORKED".to_owned(),
        message: "this was made before the process was forked, and works only in its parent"
            .to_owned(),
        remedy: Some("open a manager after forking, in each process that needs one".to_owned()),
        retryable: false,
    };
    raised(py, fault)
}

/// A value is none that this option may have.
pub(crate) fn refused(py: Python<'_>, option: &str, why: &str, remedy: Option<&str>) -> PyErr {
    let message = format!("option `{option}`: {why}");
    let error = pgs::Error::new(pgs::ErrorKind::InvalidInput, message);
    let error = match remedy {
        Some(remedy) => error.with_remedy(remedy),
        None => error,
    };
    raised(py, error.into())
}

fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "pgs._errors", "Error")
}
