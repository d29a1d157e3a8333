use super::{Case, Section};
use std::{collections::BTreeMap, fmt};

/// How a candidate answered.
#[derive(Debug)]
pub struct Report {
    candidate: String,
    tallies: BTreeMap<Section, Tally>,
    failures: Vec<String>,
}

#[derive(Debug)]
pub(super) enum Verdict {
    /// Byte for byte as the judge.
    Same,
    /// Otherwise, exactly as the table of deliberate differences says.
    Deliberate,
    Failed(String),
}

#[derive(Debug, Default)]
struct Tally {
    same: usize,
    deliberate: usize,
    failed: usize,
}

impl Report {
    pub(super) fn new(candidate: &str) -> Self {
        Self {
            candidate: candidate.to_owned(),
            tallies: BTreeMap::new(),
            failures: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, case: &Case, verdict: Verdict) {
        let tally = self.tallies.entry(case.section).or_default();
        match verdict {
            Verdict::Same => tally.same += 1,
            Verdict::Deliberate => tally.deliberate += 1,
            Verdict::Failed(why) => {
                tally.failed += 1;
                self.failures.push(format!("{case:?}\n{why}"));
            }
        }
    }

    /// How many cases there were.
    pub fn cases(&self) -> usize {
        let all = self.tallies.values();
        all.map(|tally| tally.same + tally.deliberate + tally.failed)
            .sum()
    }

    /// The cases that failed, each with why.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Fails the test with every undeclared difference, if there is one.
    pub fn must_be_clean(&self) {
        assert!(self.failures.is_empty(), "{self}");
    }
}

/// One line for each section, and every failure.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (section, tally) in &self.tallies {
            let Tally {
                same,
                deliberate,
                failed,
            } = tally;
            writeln!(
                f,
                "{}, {section}: {same} the same, {deliberate} different on purpose, {failed} failed",
                self.candidate
            )?;
        }
        for failure in &self.failures {
            writeln!(f, "\n{failure}")?;
        }
        Ok(())
    }
}
