use crate::actor::{ANSWER, STAGE};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};
use tempfile::TempDir;

/// A temporary directory of its own, for the processes of one test.
pub(crate) struct Stage {
    test: &'static str,
    temp: TempDir,
}

/// Another process.
pub(crate) struct Actor {
    child: Child,
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Stage {
    /// For the test of this full name.
    pub(crate) fn of(test: &'static str) -> Self {
        Self {
            test,
            temp: testkit::state_dir(),
        }
    }

    /// Another process of this test, with the same temporary directory.
    pub(crate) fn actor(&self) -> Actor {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([self.test, "--exact", "--nocapture"])
            .env(STAGE, "1")
            .env("TMPDIR", self.temp.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Actor {
            words: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// The names of what is there.
    pub(crate) fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.temp.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The processes that work below it.
    pub(crate) fn servers(&self) -> Vec<PathBuf> {
        let temp = self.temp.path().canonicalize().unwrap();
        let processes = fs::read_dir("/proc").unwrap();
        processes
            .map(|entry| entry.unwrap().path())
            .filter(|process| {
                fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&temp))
            })
            .collect()
    }
}

impl Actor {
    /// Says a word, and waits for the answer.
    pub(crate) fn told(&mut self, word: &str) -> String {
        self.tell(word);
        self.answer()
    }

    pub(crate) fn tell(&mut self, word: &str) {
        writeln!(self.words.as_mut().unwrap(), "{word}").unwrap();
    }

    pub(crate) fn answer(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.answers.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended without an answer: {:?}", self.child);
            // The test's name stands before the first one.
            if let Some((_, answer)) = line.trim_end().split_once(ANSWER) {
                return answer.to_owned();
            }
        }
    }

    /// Ends it as an operating system or an impatient person would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets it end by itself.
    pub(crate) fn leave(mut self) {
        drop(self.words.take());
        assert!(self.child.wait().unwrap().success());
    }
}

/// The paths of the files that a process has open.
pub(crate) fn open_files(process: &Path) -> Vec<PathBuf> {
    let descriptors = fs::read_dir(process.join("fd")).unwrap();
    descriptors
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .collect()
}
