use crate::{OsUser, failure::AtPath};
use pgs_core::{Error, ErrorKind, Result};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};
use tokio::{io::AsyncWriteExt, process::Command};

/// One of PostgreSQL's programs, about to be run as the servers' user and with nothing of our environment.
pub(crate) struct Tool {
    program: PathBuf,
    command: Command,
}

impl Tool {
    pub(crate) fn new(program: PathBuf, user: Option<&OsUser>, cwd: &Path) -> Self {
        let mut command = Command::new(&program);
        bare(&mut command, user, cwd);
        command.kill_on_drop(true);
        Self { program, command }
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Runs it to its end with this on its standard input.
    pub(crate) async fn run(mut self, input: &str) -> Result<()> {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().at("run", &self.program)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that has failed already does not read; its own words say more than the broken pipe.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let output = child.wait_with_output().await.at("run", &self.program)?;
        if output.status.success() {
            return Ok(());
        }
        Err(failed(&self.program, &output))
    }
}

/// No secret of ours reaches a server's environment.
pub(crate) fn bare(command: &mut Command, user: Option<&OsUser>, cwd: &Path) {
    command.env_clear().envs(ENVIRONMENT).current_dir(cwd);
    if let Some(user) = user {
        command.uid(user.uid()).gid(user.gid());
    }
}

fn failed(program: &Path, output: &Output) -> Error {
    let words = String::from_utf8_lossy(&output.stderr);
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let kind = kind_of(&words);
    let error = Error::new(
        kind,
        format!("{name} failed ({}): {}", output.status, words.trim()),
    );
    match kind {
        ErrorKind::ResourceExhausted => error.with_remedy("free disk space, then repeat it"),
        _ => error,
    }
}

fn kind_of(words: &str) -> ErrorKind {
    if words.contains("No space left on device") || words.contains("Disk quota exceeded") {
        ErrorKind::ResourceExhausted
    } else if words.contains("Permission denied") {
        ErrorKind::PermissionDenied
    } else {
        ErrorKind::InstanceFailed
    }
}

const ENVIRONMENT: [(&str, &str); 3] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("LANG", "C"),
    ("TZ", "UTC"),
];
