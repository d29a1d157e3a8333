use crate::failure::forked;
use pyo3::prelude::*;
use std::{mem, process};

/// A value that works only in the process that made it. In a forked child it refuses, and is not dropped: what it holds is the
/// parent's.
#[derive(Debug)]
pub(crate) struct Owned<T> {
    process: u32,
    /// Gone only while this is being dropped.
    value: Option<T>,
}

impl<T> Owned<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            process: process::id(),
            value: Some(value),
        }
    }

    pub(crate) fn get(&self, py: Python<'_>) -> PyResult<&T> {
        let value = self.value.as_ref();
        value.filter(|_| self.is_here()).ok_or_else(|| forked(py))
    }

    /// The value at the end of its life, where it may be dropped.
    pub(crate) fn take(&mut self) -> Option<T> {
        if self.is_here() {
            return self.value.take();
        }
        mem::forget(self.value.take());
        None
    }

    fn is_here(&self) -> bool {
        self.process == process::id()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
