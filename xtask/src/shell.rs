//! Running other programs: shown to the developer, or read quietly.

use std::io;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// Shows the command line, runs it with the developer's terminal, and fails when it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("+ {line}");
    let status = command.status().with_context(|| not_started(&line))?;
    if !status.success() {
        bail!("`{line}` failed: {status}");
    }
    Ok(())
}

/// Runs a command quietly and answers its standard output; a failure carries what it said on standard error.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let line = line(command);
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| not_started(&line))?;
    if !status.success() {
        bail!(
            "`{line}` failed: {status}\n{}",
            String::from_utf8_lossy(&stderr).trim_end()
        );
    }
    String::from_utf8(stdout).with_context(|| format!("`{line}` did not answer with text"))
}

/// Whether the command could be run and succeeded; what it says is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet: io::Result<_> = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

/// The command line as a person would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

fn not_started(line: &str) -> String {
    format!("`{line}` could not be started: is the program installed?")
}
