//! The programs that run tests, watched for their counts while they print.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Result, bail};

use super::tally::Tally;
use crate::shell;
use crate::workspace::Workspace;

#[derive(Debug)]
pub(super) struct Runner {
    words: Vec<String>,
    counts: fn(&str) -> Option<Tally>,
}

impl Runner {
    /// nextest and the documentation's examples, which nextest cannot run; or plain `cargo test`, which runs both.
    pub(super) fn all(workspace: &Workspace, args: &[String]) -> Vec<Self> {
        let nextest = || {
            Self::new(
                &["nextest", "run", "--no-fail-fast"],
                Tally::from_nextest,
                workspace,
                args,
            )
        };
        let everything = || {
            Self::new(
                &["test", "--no-fail-fast"],
                Tally::from_libtest,
                workspace,
                args,
            )
        };
        let examples = || {
            Self::new(
                &["test", "--doc", "--no-fail-fast"],
                Tally::from_libtest,
                workspace,
                args,
            )
        };
        match (has_nextest(), args) {
            (false, _) => vec![everything()],
            (true, []) => vec![nextest(), examples()],
            (true, _) => vec![nextest()],
        }
    }

    fn new(
        words: &[&str],
        counts: fn(&str) -> Option<Tally>,
        workspace: &Workspace,
        args: &[String],
    ) -> Self {
        let mut words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        if !args
            .iter()
            .any(|arg| arg.starts_with("-p") || arg.starts_with("--package"))
        {
            words.push("--workspace".to_owned());
        }
        words.extend(features(workspace));
        words.extend_from_slice(args);
        Self { words, counts }
    }

    /// Runs to the end whatever fails; a runner that fails without a failed test did not run the tests.
    pub(super) fn run(
        &self,
        workspace: &Workspace,
        announce: impl FnOnce(&mut Command),
    ) -> Result<Tally> {
        let mut command = workspace.cargo();
        command.args(&self.words);
        if io::stdout().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        announce(&mut command);
        println!("+ {}", shell::line(&command));
        let (success, tally) = self.watch(&mut command)?;
        if !success && tally.failed == 0 {
            bail!(
                "the tests did not run to their end: see what `{}` said above",
                shell::line(&command)
            );
        }
        Ok(tally)
    }

    fn watch(&self, command: &mut Command) -> Result<(bool, Tally)> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let tally = thread::scope(|scope| {
            let other = scope.spawn(|| self.pass_on(stderr, &mut io::stderr()));
            let mut tally = self.pass_on(stdout, &mut io::stdout())?;
            tally += other
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("the reader of standard error died")))?;
            io::Result::Ok(tally)
        })?;
        Ok((child.wait()?.success(), tally))
    }

    fn pass_on(&self, from: Option<impl Read>, to: &mut impl Write) -> io::Result<Tally> {
        let mut tally = Tally::default();
        let Some(from) = from else { return Ok(tally) };
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line)? > 0 {
            to.write_all(&line)?;
            tally += (self.counts)(&String::from_utf8_lossy(&line)).unwrap_or_default();
            line.clear();
        }
        Ok(tally)
    }
}

fn has_nextest() -> bool {
    shell::succeeds(Command::new("cargo").args(["nextest", "--version"]))
}

/// The command can be killed at chosen points in tests; a released one has no such points.
fn features(workspace: &Workspace) -> Vec<String> {
    let command = workspace.package("pgs-cli");
    if command.is_some_and(|package| package.has_feature("kill-points")) {
        return vec!["--features".to_owned(), "pgs-cli/kill-points".to_owned()];
    }
    Vec::new()
}
