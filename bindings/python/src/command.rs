use pgs_cli::Program;
use pyo3::prelude::*;
use std::{ffi::OsString, path::PathBuf};

/// Runs the command `pgs` in this process and answers its exit code. To start itself once more it runs the interpreter with
/// the script.
#[pyfunction]
pub(crate) fn run_command(
    py: Python<'_>,
    interpreter: PathBuf,
    script: Vec<OsString>,
    arguments: Vec<OsString>,
    brought: Vec<PathBuf>,
) -> u8 {
    let program = Program::within(interpreter, script, arguments).with_fallback_bindirs(brought);
    py.detach(|| pgs_cli::run(&program).number())
}
