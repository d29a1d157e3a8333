use crate::{exit_code::ExitCode, output, program::Program};
use pgs::{Error, Result};
use std::{
    io::Read,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Child, Stdio},
};

/// Runs this very command in a process of its own, and returns once that has said where it listens.
///
/// If it ends instead, its exit code is this one's too. It goes on writing to the same standard error.
pub(super) fn run(program: &Program) -> Result<ExitCode> {
    let failed = |cause| Error::io("pgs serve cannot be started in the background", cause);
    let mut child = spawn(program).map_err(failed)?;
    let said = first_words(&mut child).map_err(failed)?;
    if !said.is_empty() {
        output::raw(&String::from_utf8_lossy(&said));
        return Ok(ExitCode::SUCCESS);
    }
    let status = child.wait().map_err(failed)?;
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    Ok(ExitCode::from(
        code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
    ))
}

/// In a group of its own, so that Ctrl-C in the terminal does not reach it.
fn spawn(program: &Program) -> std::io::Result<Child> {
    program
        .again_without("--background")?
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
}

/// It announces itself in one write, once it accepts connections.
fn first_words(child: &mut Child) -> std::io::Result<Vec<u8>> {
    let mut said = vec![0; LONGEST];
    let length = match &mut child.stdout {
        Some(pipe) => pipe.read(&mut said)?,
        None => 0,
    };
    said.truncate(length);
    Ok(said)
}

const LONGEST: usize = 64 * 1024;
