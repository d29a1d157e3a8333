//! Texts as the values that they stand for.

use crate::failure::raised;
use pgs::{Access, Error, ErrorKind, Result, provision::StopMode};
use pyo3::prelude::*;
use std::str::FromStr;

pub(crate) fn parsed<T: FromStr<Err = Error>>(py: Python<'_>, text: &str) -> PyResult<T> {
    read(py, text.parse())
}

pub(crate) fn access(py: Python<'_>, text: &str) -> PyResult<Access> {
    read(
        py,
        match text {
            "enabled" => Ok(Access::Enabled),
            "disabled" => Ok(Access::Disabled),
            _ => neither("access", text, "`enabled` nor `disabled`"),
        },
    )
}

pub(crate) fn stop_mode(py: Python<'_>, text: &str) -> PyResult<StopMode> {
    read(
        py,
        match text {
            "fast" => Ok(StopMode::Fast),
            "immediate" => Ok(StopMode::Immediate),
            _ => neither("mode", text, "`fast` nor `immediate`"),
        },
    )
}

/// The value, or the exception that says why there is none.
pub(crate) fn read<T>(py: Python<'_>, outcome: Result<T>) -> PyResult<T> {
    outcome.map_err(|error| raised(py, error.into()))
}

fn neither<T>(option: &str, text: &str, choices: &str) -> Result<T> {
    let message = format!("option `{option}`: `{text}` is neither {choices}");
    Err(Error::new(ErrorKind::InvalidInput, message))
}
