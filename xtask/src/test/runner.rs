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
    counts: Counts,
}

type Counts = fn(&str) -> Option<Tally>;

impl Runner {
    /// nextest and the documentation's examples, which nextest cannot run; or plain `cargo test`, which runs both.
    pub(super) fn all(workspace: &Workspace, args: &[String]) -> Vec<Self> {
        let runner = |line, counts| Self::new(line, counts, workspace, args);
        let everything = || runner("test", Tally::from_libtest as Counts);
        let nextest = || runner("nextest run", Tally::from_nextest);
        let examples = || runner("test --doc", Tally::from_libtest);
        match (has_nextest(), args) {
            (false, _) => vec![everything()],
            (true, []) => vec![nextest(), examples()],
            (true, _) => vec![nextest()],
        }
    }

    fn new(line: &str, counts: Counts, workspace: &Workspace, args: &[String]) -> Self {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        words.push("--no-fail-fast".to_owned());
        words.extend(selection(workspace, args));
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

/// Every crate unless the developer names some; and the command's points to be killed at, which cargo accepts only
/// where the command is among the crates.
fn selection(workspace: &Workspace, args: &[String]) -> Vec<String> {
    let mut selection = Vec::new();
    let names_crates = args
        .iter()
        .any(|arg| arg.starts_with("-p") || arg.starts_with("--package"));
    if !names_crates {
        selection.push("--workspace".to_owned());
    }
    let has_command = !names_crates || args.iter().any(|arg| arg.ends_with(COMMAND));
    let command = workspace.package(COMMAND);
    if has_command && command.is_some_and(|package| package.has_feature(KILL_POINTS)) {
        selection.push(format!("--features={COMMAND}/{KILL_POINTS}"));
    }
    selection
}

const COMMAND: &str = "pgs-cli";
const KILL_POINTS: &str = "kill-points";

#[cfg(test)]
mod tests {
    use super::*;

    fn select(args: &[&str]) -> Vec<String> {
        let workspace = serde_json::json!({ "workspace_root": "/", "target_directory": "/target", "packages": [
            { "name": "pgs-cli", "features": { "kill-points": [] }, "dependencies": [] } ] });
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        selection(&serde_json::from_value(workspace).unwrap(), &args)
    }

    #[test]
    fn every_crate_and_the_kill_points_are_tested() {
        assert_eq!(
            select(&[]),
            ["--workspace", "--features=pgs-cli/kill-points"]
        );
        assert_eq!(
            select(&["a_filter"]),
            ["--workspace", "--features=pgs-cli/kill-points"]
        );
    }

    #[test]
    fn a_named_crate_is_tested_alone() {
        assert!(select(&["-p", "pgs-core"]).is_empty());
        assert_eq!(
            select(&["-p", "pgs-cli"]),
            ["--features=pgs-cli/kill-points"]
        );
    }
}
