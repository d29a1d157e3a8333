use crate::refused::refused_by;
use napi_derive::napi;
use pgs::Error;
use pgs_cli::Program;
use rustix::{
    io::{FdFlags, fcntl_setfd},
    stdio,
};
use std::{
    ffi::OsString,
    io::{Write, stdout},
    path::PathBuf,
};

/// Runs the `pgs` command in this process, and tells how it should end. `interpreter` and `script` are what starts it once
/// more; `bindir` has `PostgreSQL`'s programs that count when no others are found.
///
/// It blocks the thread, may replace the process, and takes over its signals: for a program that is this command alone.
#[napi]
pub fn run_command(
    interpreter: String,
    script: Vec<String>,
    arguments: Vec<String>,
    bindir: Option<String>,
) -> napi::Result<u8> {
    hand_down_streams().map_err(refused_by)?;
    let texts = |list: Vec<String>| list.into_iter().map(OsString::from);
    let program = Program::within(interpreter, texts(script), texts(arguments))
        .with_fallback_bindirs(bindir.map(PathBuf::from));
    let code = pgs_cli::run(&program);
    // Rust does this at the end of its own programs. Nobody is left to tell if it fails.
    let _ = stdout().flush();
    Ok(code.number())
}

/// Node.js keeps its streams from programs that take its place or are started beside it; the command's have them.
fn hand_down_streams() -> pgs::Result<()> {
    for stream in [stdio::stdin(), stdio::stdout(), stdio::stderr()] {
        fcntl_setfd(stream, FdFlags::empty()).map_err(|cause| {
            Error::io("the standard streams cannot be handed down", cause.into())
        })?;
    }
    Ok(())
}
