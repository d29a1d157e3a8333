//! Counting tests by reading what a runner prints.

use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// nextest's `Summary [ 1.2s] 9 tests run: 7 passed (1 slow), 1 failed, 1 timed out, 3 skipped`.
    pub(super) fn from_nextest(line: &str) -> Option<Self> {
        let line = plain(line);
        let (_, counts) = line
            .trim_start()
            .strip_prefix("Summary [")?
            .split_once(" run: ")?;
        let mut tally = Self::default();
        for count in without_asides(counts).split(',') {
            tally.add(count.trim().split_once(' ')?, &["skipped"]);
        }
        Some(tally)
    }

    /// libtest's `test result: ok. 7 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
    pub(super) fn from_libtest(line: &str) -> Option<Self> {
        let line = plain(line);
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let mut tally = Self::default();
        for count in counts.split(';') {
            tally.add(
                count.trim().split_once(' ')?,
                &["ignored", "measured", "filtered out"],
            );
        }
        Some(tally)
    }

    /// Whatever did not pass and was not left out has failed: timeouts, crashes, tests that would not start.
    fn add(&mut self, (number, outcome): (&str, &str), left_out: &[&str]) {
        let Ok(number) = number.parse::<u64>() else {
            return;
        };
        match outcome.trim() {
            "passed" => self.passed += number,
            outcome if left_out.contains(&outcome) => {}
            _ => self.failed += number,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

fn without_asides(text: &str) -> String {
    let outside = text
        .split('(')
        .map(|part| part.split_once(')').map_or(part, |(_, after)| after));
    outside.collect()
}

/// The text without the terminal's colours.
fn plain(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once('m').map_or(part, |(_, after)| after));
    std::iter::once(first).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_summaries() {
        let cases = [
            (
                "     Summary [   0.012s] 3 tests run: 3 passed, 0 skipped",
                3,
                0,
            ),
            (
                "     Summary [   1.500s] 1 test run: 1 passed, 12 skipped",
                1,
                0,
            ),
            (
                "     Summary [   0.5s] 5/9 tests run: 3 passed (1 slow, 1 leaky), 1 failed, 1 timed out, 2 skipped",
                3,
                2,
            ),
            (
                "     Summary [   0.5s] 2 tests run: 0 passed, 1 failed, 1 exec failed, 0 skipped",
                0,
                2,
            ),
            (
                "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] \u{1b}[1m2\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped",
                2,
                0,
            ),
        ];
        for (line, passed, failed) in cases {
            assert_eq!(
                Tally::from_nextest(line),
                Some(Tally { passed, failed }),
                "{line}"
            );
        }
        assert_eq!(
            Tally::from_nextest("        PASS [   0.004s] xtask tests::it"),
            None
        );
    }

    #[test]
    fn libtest_summaries() {
        let cases = [
            (
                "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s",
                3,
                0,
            ),
            (
                "test result: FAILED. 2 passed; 5 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.25s",
                2,
                5,
            ),
            (
                "test result: \u{1b}[32mok\u{1b}[m. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
                1,
                0,
            ),
        ];
        for (line, passed, failed) in cases {
            assert_eq!(
                Tally::from_libtest(line),
                Some(Tally { passed, failed }),
                "{line}"
            );
        }
        assert_eq!(Tally::from_libtest("test tests::it ... ok"), None);
    }
}
