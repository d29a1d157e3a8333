use crate::{call::Call, home::Home};
use pyo3::prelude::*;
use std::time::Duration;
use tokio::time::timeout;

/// Waits until every call has ended that changes something, but no longer than this; whether they have.
#[pyfunction]
pub(crate) fn settle(py: Python<'_>, seconds: u32) -> PyResult<Option<Call>> {
    let Some(home) = Home::existing() else {
        return Ok(None);
    };
    home.unfinished().close();
    let call = Call::look(py, async move {
        let limit = Duration::from_secs(seconds.into());
        Ok(timeout(limit, home.unfinished().wait()).await.is_ok())
    });
    call.map(Some)
}
