//! What was counted, beside what was recorded.

use std::fmt::Write;

use super::record::Record;

/// Growth in percent that is no reason to fail: a few instructions more or less come with code that has moved.
pub(super) const TOLERANCE: u64 = 5;

#[derive(Debug)]
pub(super) struct Comparison<'a> {
    rows: Vec<Row<'a>>,
    basis: Option<String>,
}

#[derive(Debug)]
struct Row<'a> {
    case: &'a str,
    seen: u64,
    recorded: Option<u64>,
}

impl<'a> Comparison<'a> {
    pub(super) fn of(recorded: Option<&Record>, seen: &'a Record) -> Self {
        let recorded_count = |case| recorded?.counts.get(case).copied();
        let rows = seen.counts.iter().map(|(case, count)| Row {
            case,
            seen: *count,
            recorded: recorded_count(case),
        });
        Self {
            rows: rows.collect(),
            basis: recorded.and_then(|recorded| recorded.basis.difference(&seen.basis)),
        }
    }

    /// Why the two cannot be compared, if so.
    pub(super) fn basis(&self) -> Option<&str> {
        self.basis.as_deref()
    }

    /// The cases that cost more than they may.
    pub(super) fn grown(&self) -> impl Iterator<Item = &'a str> {
        let rows = self.rows.iter();
        rows.filter(|row| row.has_grown()).map(|row| row.case)
    }

    pub(super) fn table(&self) -> String {
        let mut text = "| case | instructions | recorded | difference |\n".to_owned();
        text.push_str("| --- | ---: | ---: | ---: |\n");
        for row in &self.rows {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", row.line());
        }
        text
    }
}

impl Row<'_> {
    fn has_grown(&self) -> bool {
        let allowed = |recorded| recorded * (100 + TOLERANCE);
        self.recorded
            .is_some_and(|recorded| self.seen * 100 > allowed(recorded))
    }

    #[expect(clippy::cast_precision_loss, reason = "there are millions, not 2^52")]
    fn growth(&self) -> Option<f64> {
        let recorded = self.recorded?;
        Some(self.seen as f64 / recorded as f64 - 1.0)
    }

    fn line(&self) -> String {
        let recorded = self
            .recorded
            .map_or("-".to_owned(), |count| count.to_string());
        let growth = self.growth();
        let growth = growth.map_or("new".to_owned(), |growth| {
            format!("{:+.1} %", growth * 100.0)
        });
        format!("| {} | {} | {recorded} | {growth} |", self.case, self.seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instructions::record::Basis;

    fn record(compiler: &str, counts: &[(&str, u64)]) -> Record {
        Record {
            basis: Basis {
                compiler: compiler.to_owned(),
                architecture: "x86_64".to_owned(),
                libc: "glibc 2.36".to_owned(),
            },
            counts: counts
                .iter()
                .map(|(case, count)| ((*case).to_owned(), *count))
                .collect(),
        }
    }

    #[test]
    fn only_what_grew_beyond_the_tolerance_is_named() {
        let recorded = record("1", &[("a", 100), ("b", 100), ("c", 100)]);
        let seen = record("1", &[("a", 105), ("b", 106), ("c", 50), ("d", 9)]);
        let comparison = Comparison::of(Some(&recorded), &seen);
        assert_eq!(comparison.grown().collect::<Vec<_>>(), ["b"]);
        assert_eq!(comparison.basis(), None);
    }

    #[test]
    fn the_table_tells_the_difference() {
        let recorded = record("1", &[("a", 100)]);
        let seen = record("1", &[("a", 98), ("b", 7)]);
        let table = Comparison::of(Some(&recorded), &seen).table();
        assert!(table.contains("| a | 98 | 100 | -2.0 % |\n"), "{table}");
        assert!(table.contains("| b | 7 | - | new |\n"), "{table}");
    }

    #[test]
    fn another_compiler_cannot_be_compared() {
        let (recorded, seen) = (record("1", &[]), record("2", &[]));
        assert!(Comparison::of(Some(&recorded), &seen).basis().is_some());
        assert!(Comparison::of(None, &seen).basis().is_none());
    }
}
