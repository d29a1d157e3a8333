//! One errand that every driver runs: what it has to print, and what was seen of it.

use crate::{common::Stage, mode::Mode, peers::client};
use std::process::Command;
use testkit::{Program, note};

/// A driver, and where it has to differ from the others.
pub(crate) struct Driver {
    pub(crate) name: &'static str,
    /// The ways it knows.
    pub(crate) modes: &'static [Mode],
    /// Lines that it prints otherwise, by their first word; nothing for what it cannot do.
    pub(crate) otherwise: &'static [(&'static str, Option<&'static str>)],
}

impl Driver {
    /// Runs the errand's program in every way that this driver knows.
    pub(crate) fn runs(&self, program: impl Fn(&Stage, Mode) -> Command) {
        self.does(|stage, mode| {
            let mut command = program(stage, mode);
            let printed = Program::succeed(command.env("LC_ALL", "C.UTF-8"));
            printed.lines().map(str::to_owned).collect()
        });
    }

    /// Compares the lines that this work answers, whose first one names the driver.
    pub(crate) fn does(&self, work: impl Fn(&Stage, Mode) -> Vec<String>) {
        let stage = Stage::shared();
        stage.tenant("acme");
        let mut version = String::new();
        let mut modes = Vec::new();
        for mode in self.modes {
            let mut lines = work(&stage, *mode);
            assert!(!lines.is_empty(), "{}, {mode}: it says nothing", self.name);
            version = lines.remove(0);
            assert_eq!(lines, self.expected(), "{}, {mode}", self.name);
            modes.push(mode.name());
        }
        let version = version.trim_start_matches("driver ");
        note(&format!("client: {version}: {}", modes.join(", ")));
    }

    fn expected(&self) -> Vec<&'static str> {
        let mut lines = Vec::from(LINES);
        for (word, line) in self.otherwise {
            let place = lines.iter().position(|line| line.starts_with(word));
            let place = place.unwrap_or_else(|| panic!("no line starts with {word}"));
            match line {
                Some(line) => lines[place] = line,
                None => drop(lines.remove(place)),
            }
        }
        lines
    }
}

/// A program of the errand, told where to go.
pub(crate) fn program(stage: &Stage, mode: Mode, program: &std::path::Path) -> Command {
    let mut command = client(stage, program, "acme");
    command.env("PGS_MODE", mode.name());
    command
}

/// A crate has no way to tell its version, but it stands in the lock file.
pub(crate) fn locked_version(name: &str) -> &'static str {
    let head = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = LOCK.split_once(&head).unwrap();
    rest.split('"').next().unwrap()
}

const LOCK: &str = include_str!("../../../Cargo.lock");

const LINES: [&str; 9] = [
    "user acme",
    "application errand",
    "prepared 42 één",
    "rows 10000 50005000",
    "copied 1249975000",
    "cancelled, and goes on",
    "timeout 57014",
    "error 42703",
    "wrong password 28P01",
];
