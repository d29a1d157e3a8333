//! What a stranger could tell, as tables for people.

use serde::Serialize;

use super::{Findings, LIVE, LIVE_AGAIN, TARGETS, attempt, statistics};
use crate::bench::report::{line, row};

/// A sample beside that of the live tenant.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    /// Kolmogorov-Smirnov: the distance, and how likely it is by chance.
    ks: f64,
    p: f64,
    /// Mann-Whitney: how often this one takes longer than the live one.
    longer: f64,
    /// Of the medians, in microseconds, with the interval that holds 95 of 100.
    difference_us: [f64; 3],
}

impl Verdict {
    pub(super) fn on(live: &[f64], theirs: &[f64]) -> Self {
        let ks = statistics::kolmogorov_smirnov(live, theirs);
        Self {
            ks,
            p: statistics::kolmogorov_smirnov_p(ks, live.len(), theirs.len()),
            longer: statistics::mann_whitney(live, theirs),
            difference_us: statistics::median_difference(live, theirs),
        }
    }
}

impl Findings {
    pub(in crate::bench) fn tables(&self, text: &mut String) {
        line(
            text,
            &format!(
                "\nA wrong password, {} interleaved attempts at each, load {}: p50 (p05-p95) in microseconds.\n",
                self.rounds, self.load
            ),
        );
        let steps = attempt::STEPS.map(|(step, _)| step);
        row(text, "", steps.map(str::to_owned).into_iter());
        row(text, "---", steps.map(|_| "---".to_owned()).into_iter());
        for target in TARGETS {
            row(
                text,
                target.name,
                steps.map(|step| self.time(target.name, step)).into_iter(),
            );
        }
        line(
            text,
            &format!(
                "\nBeside `{LIVE}`: the distance of Kolmogorov and Smirnov (its p), and the difference of the medians in microseconds [95 %].\n"
            ),
        );
        row(text, "", steps.map(str::to_owned).into_iter());
        row(text, "---", steps.map(|_| "---".to_owned()).into_iter());
        for target in TARGETS.iter().filter(|target| target.name != LIVE) {
            row(
                text,
                target.name,
                steps
                    .map(|step| self.verdict(target.name, step))
                    .into_iter(),
            );
        }
    }

    fn time(&self, name: &str, step: &str) -> String {
        let times = self.times.get(name).and_then(|times| times.get(step));
        times.map_or_else(String::new, |times| {
            format!("{:.0} ({:.0}-{:.0})", times.p50, times.p05, times.p95)
        })
    }

    fn verdict(&self, name: &str, step: &str) -> String {
        let verdict = self.beside_live.get(name).and_then(|steps| steps.get(step));
        verdict.map_or_else(String::new, |verdict| {
            let [difference, from, to] = verdict.difference_us;
            format!(
                "{:.3} ({:.2}); {difference:+.0} [{from:+.0}, {to:+.0}]",
                verdict.ks, verdict.p
            )
        })
    }

    /// How far the A/A pair was apart in the worst step.
    pub(in crate::bench) fn noise(&self) -> f64 {
        let steps = self.beside_live.get(LIVE_AGAIN).into_iter().flatten();
        steps.map(|(_, verdict)| verdict.ks).fold(0.0, f64::max)
    }
}
