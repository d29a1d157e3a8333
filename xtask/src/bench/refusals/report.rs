//! What a stranger could tell, as tables for people.

use serde::Serialize;

use super::{Findings, LIVE, LIVE_AGAIN, TARGETS, attempt, statistics};
use crate::bench::report::{line, row};

/// A sample beside that of the live tenant.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    #[serde(flatten)]
    distance: Distance,
    /// Mann-Whitney: how often this one takes longer than the live one.
    longer: f64,
    /// Of the medians, in microseconds, with the interval that holds 95 of 100.
    difference_us: [f64; 3],
    of_its_moment: Moment,
}

/// Kolmogorov-Smirnov: the distance, and how likely it is by chance.
#[derive(Debug, Serialize)]
struct Distance {
    ks: f64,
    p: f64,
}

/// Attempts beside the live ones of the nearest rounds.
#[derive(Debug, Serialize)]
struct Moment {
    /// What share takes less time than all of them.
    shortest: f64,
    longest: f64,
    /// Of the places among them from those of the second live tenant; it is not beside itself.
    #[serde(flatten)]
    distance: Option<Distance>,
}

impl Verdict {
    pub(super) fn on(live: &[f64], again: Option<&[f64]>, theirs: &[f64]) -> Self {
        Self {
            distance: Distance::of(live, theirs),
            longer: statistics::mann_whitney(live, theirs),
            difference_us: statistics::median_difference(live, theirs),
            of_its_moment: Moment::of(live, again, theirs),
        }
    }

    fn over_the_run(&self) -> String {
        let [difference, from, to] = self.difference_us;
        let distance = self.distance.text();
        format!("{distance}; {difference:+.0} [{from:+.0}, {to:+.0}]")
    }

    fn of_its_moment(&self) -> String {
        let Moment {
            shortest,
            longest,
            distance,
        } = &self.of_its_moment;
        let distance = distance.as_ref().map(Distance::text).unwrap_or_default();
        format!("{shortest:.3}, {longest:.3}; {distance}")
    }
}

impl Distance {
    fn of(one: &[f64], other: &[f64]) -> Self {
        let ks = statistics::kolmogorov_smirnov(one, other);
        let p = statistics::kolmogorov_smirnov_p(ks, one.len(), other.len());
        Self { ks, p }
    }

    fn text(&self) -> String {
        format!("{:.3} ({:.2})", self.ks, self.p)
    }
}

impl Moment {
    fn of(live: &[f64], again: Option<&[f64]>, theirs: &[f64]) -> Self {
        let places = |of: &[f64]| statistics::places_in_their_moments(live, of);
        let theirs = places(theirs);
        Self {
            shortest: statistics::share(&theirs, |place| place <= 0.0),
            longest: statistics::share(&theirs, |place| place >= 1.0),
            distance: again.map(|again| Distance::of(&places(again), &theirs)),
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
        self.beside_live(text, Verdict::over_the_run);
        line(
            text,
            &format!(
                "\nBeside the {} attempts at `{LIVE}` of the nearest rounds: the share that is shorter than all of them, and longer; the distance of the places among them from those of `{LIVE_AGAIN}` (its p).\n",
                statistics::MOMENT
            ),
        );
        self.beside_live(text, Verdict::of_its_moment);
    }

    fn beside_live(&self, text: &mut String, tell: fn(&Verdict) -> String) {
        let steps = attempt::STEPS.map(|(step, _)| step);
        row(text, "", steps.map(str::to_owned).into_iter());
        row(text, "---", steps.map(|_| "---".to_owned()).into_iter());
        for target in TARGETS.iter().filter(|target| target.name != LIVE) {
            let verdicts = self.beside_live.get(target.name);
            let verdict = |step| verdicts.and_then(|verdicts| verdicts.get(step));
            let cells = steps.map(|step| verdict(step).map_or_else(String::new, tell));
            row(text, target.name, cells.into_iter());
        }
    }

    fn time(&self, name: &str, step: &str) -> String {
        let times = self.times.get(name).and_then(|times| times.get(step));
        times.map_or_else(String::new, |times| {
            format!("{:.0} ({:.0}-{:.0})", times.p50, times.p05, times.p95)
        })
    }

    /// How far the A/A pair was apart in the worst step.
    pub(in crate::bench) fn noise(&self) -> f64 {
        let steps = self.beside_live.get(LIVE_AGAIN).into_iter().flatten();
        steps
            .map(|(_, verdict)| verdict.distance.ks)
            .fold(0.0, f64::max)
    }
}
