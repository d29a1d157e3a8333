//! Another process on the same catalogue: how a test talks to it, and what it does.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod roles;

pub(crate) use roles::play_role;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{ChildStdin, ChildStdout, Command, Stdio},
};

const ROLE: &str = "PGS_TEST_ROLE";
const STATE: &str = "PGS_TEST_STATE";
/// The test harness prints to the same stream, so that what is meant for the parent is marked.
const MARK: &str = "=> ";

/// This test binary, started again in a role. It waits for [`go`](Child::go) before it opens the catalogue.
pub(crate) struct Child {
    process: std::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn start(role: &str, state: &Path) -> Self {
        Self::spawn(Command::new(env::current_exe().unwrap()), role, state)
    }

    /// As an OS user who owns nothing, where the tests run as one for whom permissions do not count.
    pub(crate) fn start_unprivileged(role: &str, state: &Path) -> Self {
        // Not by its path, which may lead through directories that are closed to others.
        let mut command = Command::new("/proc/self/exe");
        if fs::metadata(state).unwrap().uid() == 0 {
            command.uid(65534).gid(65534);
        }
        Self::spawn(command, role, state)
    }

    fn spawn(mut command: Command, role: &str, state: &Path) -> Self {
        command.args(["child", "--exact", "--nocapture"]);
        command.env(ROLE, role).env(STATE, state);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut child = Self {
            process,
            input,
            output,
        };
        assert_eq!(child.line(), "ready");
        child
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn go(&mut self) {
        self.tell("go");
    }

    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// What it says next.
    pub(crate) fn line(&mut self) -> String {
        self.lines().next().unwrap()
    }

    fn lines(&mut self) -> impl Iterator<Item = String> {
        let lines = self.output.by_ref().lines();
        lines.filter_map(|line| Some(line.unwrap().split_once(MARK)?.1.to_owned()))
    }

    pub(crate) fn finish(mut self) {
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    /// SIGKILL. Answers what it had said until then and nobody had read.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines().collect()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
