//! What a run of the suite left behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Every test by its name.
#[derive(Debug)]
pub(super) struct Results {
    tests: BTreeMap<String, Test>,
    diffs: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Test {
    passed: bool,
    printed: Vec<u8>,
}

impl Results {
    /// Reads `regression.out`, and what each of its tests printed.
    pub(super) fn read(output: &Path) -> Result<Self> {
        let summary = fs::read_to_string(output.join("regression.out"))
            .context("pg_regress left no summary")?;
        let mut tests = BTreeMap::new();
        for (name, passed) in summary.lines().filter_map(outcome) {
            let printed = fs::read(output.join("results").join(format!("{name}.out")));
            let printed = printed.with_context(|| format!("{name} printed nothing"))?;
            tests.insert(name.to_owned(), Test { passed, printed });
        }
        ensure!(!tests.is_empty(), "pg_regress ran no tests");
        let diffs = fs::read_to_string(output.join("regression.diffs")).unwrap_or_default();
        Ok(Self { tests, diffs })
    }

    pub(super) fn count(&self) -> usize {
        self.tests.len()
    }

    pub(super) fn passed(&self) -> usize {
        self.tests.values().filter(|test| test.passed).count()
    }

    /// The differences from what is expected, as `diff` shows them.
    pub(super) fn diffs(&self) -> &str {
        &self.diffs
    }

    /// The tests that ended or printed otherwise in the other run, or are only in one of them.
    pub(super) fn different<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let names = self.tests.keys().chain(other.tests.keys());
        let mut different: Vec<_> = names
            .map(String::as_str)
            .filter(|name| self.tests.get(*name) != other.tests.get(*name))
            .collect();
        different.sort_unstable();
        different.dedup();
        different
    }

    /// A line for each test: how it ended here, how it ended in the other run, and whether both printed the same.
    pub(super) fn table(&self, other: &Self) -> String {
        let line = |name: &String| {
            let (here, there) = (self.tests.get(name), other.tests.get(name));
            let same = if here == there { "same" } else { "DIFFERENT" };
            format!("{name:<32} {:<8} {:<8} {same}\n", ended(here), ended(there))
        };
        let head = format!("{:<32} {:<8} {:<8} printed\n", "test", "socket", "proxy");
        self.tests
            .keys()
            .map(line)
            .fold(head, |table, line| table + &line)
    }
}

const fn ended(test: Option<&Test>) -> &'static str {
    match test {
        Some(Test { passed: true, .. }) => "ok",
        Some(Test { passed: false, .. }) => "FAILED",
        None => "missing",
    }
}

/// `test boolean ... ok 34 ms`, or the same without `test` inside a group that ran at one time.
fn outcome(line: &str) -> Option<(&str, bool)> {
    let (name, end) = line.split_once(" ... ")?;
    let name = name.trim().trim_start_matches("test ").trim();
    let passed = match end.split_whitespace().next()? {
        "ok" => true,
        "FAILED" => false,
        _ => return None,
    };
    (!name.contains(char::is_whitespace)).then_some((name, passed))
}

#[cfg(test)]
mod tests {
    use super::outcome;

    #[test]
    fn a_test_is_a_line_of_the_summary() {
        for (line, expected) in [
            (
                "test boolean                      ... ok           34 ms",
                Some(("boolean", true)),
            ),
            (
                "     sequence                     ... FAILED      762 ms",
                Some(("sequence", false)),
            ),
            ("test tablespace ... ok 1 ms", Some(("tablespace", true))),
            ("parallel group (20 tests):  boolean char", None),
            (
                "============== dropping database \"regression\"         ==============",
                None,
            ),
            (" 1 of 217 tests failed. ", None),
        ] {
            assert_eq!(outcome(line), expected, "{line}");
        }
    }
}
