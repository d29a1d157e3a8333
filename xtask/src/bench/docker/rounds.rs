//! Interleaved rounds of one container each: as `docker run` makes it, the same again, and as pgs does.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use super::engine::Engine;
use super::house::{House, milliseconds_since, timed};
use super::plain::Plain;
use crate::bench::series::{Spread, load};
use crate::bench::site::Site;
use crate::shell;

#[derive(Debug, Serialize)]
pub(super) struct Rounds(Vec<Round>);

#[derive(Debug, Serialize)]
struct Round {
    /// The machine's load when the round began: how many others wanted the processors.
    load: String,
    order: Vec<&'static str>,
    samples: BTreeMap<&'static str, Sample>,
}

/// One container's life.
#[expect(
    clippy::struct_field_names,
    reason = "whoever reads the JSON has to know the unit"
)]
#[derive(Debug, Serialize)]
pub(super) struct Sample {
    /// Until its first query was answered.
    pub(super) create_ms: f64,
    stop_ms: f64,
    /// Until a query was answered again.
    start_ms: f64,
}

impl Sample {
    pub(super) fn restart_ms(&self) -> f64 {
        self.stop_ms + self.start_ms
    }
}

impl Rounds {
    pub(super) fn play(
        site: &Site,
        engine: &Engine,
        house: &House<'_>,
        count: usize,
    ) -> Result<Self> {
        let mut rounds = Vec::new();
        for number in 0..count {
            println!("containers, round {} of {count}", number + 1);
            let mut order = WAYS;
            order.rotate_left(number % WAYS.len());
            let mut round = Round {
                load: load(),
                order: order.to_vec(),
                samples: BTreeMap::new(),
            };
            for way in order {
                // Nobody pays for what another left to be written to the disk.
                shell::read(&mut Command::new("sync"))?;
                let sample = if way == PGS {
                    ours(house)?
                } else {
                    plain(site, engine, &format!("{number}-{}", round.samples.len()))?
                };
                round.samples.insert(way, sample);
            }
            rounds.push(round);
        }
        Ok(Self(rounds))
    }

    /// One time of this way in every round.
    pub(super) fn times(&self, way: &str, pick: fn(&Sample) -> f64) -> Vec<f64> {
        let samples = self.0.iter().filter_map(|round| round.samples.get(way));
        samples.map(pick).collect()
    }

    /// This way's time divided by `docker run`'s of the same round.
    pub(super) fn ratio(&self, way: &str, pick: fn(&Sample) -> f64) -> Spread {
        let ratio = |round: &Round| {
            let [ours, theirs] = [way, PLAIN].map(|name| round.samples.get(name).map(pick));
            Some(ours? / theirs?)
        };
        Spread::of(self.0.iter().filter_map(ratio).collect())
    }
}

fn plain(site: &Site, engine: &Engine, name: &str) -> Result<Sample> {
    let begun = Instant::now();
    let container = Plain::run(site, engine, name)?;
    container.await_query()?;
    Ok(Sample {
        create_ms: milliseconds_since(begun),
        stop_ms: timed(|| container.stop())?,
        start_ms: timed(|| {
            container.start()?;
            container.await_query()
        })?,
    })
}

fn ours(house: &House<'_>) -> Result<Sample> {
    let (name, which) = ("one", ["--tenant", "one"]);
    let made = house.create(name)?;
    let sample = Sample {
        create_ms: made.ms,
        stop_ms: timed(|| house.stop(&which))?,
        start_ms: timed(|| {
            house.start(&which)?;
            house.ask(name, &made.socket_dir)
        })?,
    };
    house.remove(name)?;
    Ok(sample)
}

/// The smallest of these below or at which `share` percent of them are.
pub(super) fn percentile(numbers: &[f64], share: usize) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * share).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or(f64::NAN)
}

pub(super) const PLAIN: &str = "docker run";
pub(super) const PLAIN_AGAIN: &str = "docker run again (A/A)";
pub(super) const PGS: &str = "pgs";
const WAYS: [&str; 3] = [PLAIN, PLAIN_AGAIN, PGS];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_numbers() {
        let numbers = [4.0, 1.0, 3.0, 2.0];
        let [middle, last] = [50, 99].map(|share| percentile(&numbers, share));
        assert!((middle - 2.0).abs() < f64::EPSILON && (last - 4.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 50).is_nan());
    }
}
