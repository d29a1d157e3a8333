//! What a stranger can tell by the clock: wrong passwords at live tenants beside every other refusal, interleaved.

mod attempt;
mod house;
mod processors;
mod report;
mod statistics;

use std::collections::BTreeMap;

use anyhow::Result;
use rand::seq::SliceRandom;
use serde::Serialize;

use super::series::load;
use super::site::Site;
use attempt::Attempt;
use house::House;
use report::Verdict;

/// What was seen.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    rounds: usize,
    load: String,
    /// Microseconds, by whom was asked and by step; the middle half and the ends.
    times: BTreeMap<&'static str, BTreeMap<&'static str, Quantiles>>,
    /// Everybody beside the first live tenant, by step.
    beside_live: BTreeMap<&'static str, BTreeMap<&'static str, Verdict>>,
}

#[derive(Debug, Serialize)]
struct Quantiles {
    p05: f64,
    p25: f64,
    p50: f64,
    p75: f64,
    p95: f64,
    p99: f64,
}

impl Findings {
    /// Every target has its turn in each round, in an order that changes.
    pub(super) fn of(site: &Site, rounds: usize) -> Result<Self> {
        processors::leave_the_first();
        let house = House::build(site)?;
        processors::take_the_first();
        println!("trying wrong passwords, {rounds} rounds");
        let mut seen: BTreeMap<&'static str, Vec<Attempt>> = BTreeMap::new();
        let mut targets = TARGETS;
        for round in 0..WARM_UP + rounds {
            targets.shuffle(&mut rand::rng());
            for target in targets {
                let attempt = Attempt::at(house.address, target.user(round))?;
                if round >= WARM_UP {
                    seen.entry(target.name).or_default().push(attempt);
                }
            }
        }
        Ok(Self::judge(rounds, &seen))
    }

    fn judge(rounds: usize, seen: &BTreeMap<&'static str, Vec<Attempt>>) -> Self {
        let mut findings = Self {
            rounds,
            load: load(),
            times: BTreeMap::new(),
            beside_live: BTreeMap::new(),
        };
        for (name, attempts) in seen {
            for (step, pick) in attempt::STEPS {
                let micros = |of: &[Attempt]| of.iter().map(pick).collect::<Vec<f64>>();
                let theirs = micros(attempts);
                let times = findings.times.entry(name).or_default();
                times.insert(step, Quantiles::of(&theirs));
                if *name != LIVE {
                    let of = |name| micros(seen.get(name).map_or(&[], Vec::as_slice));
                    let (live, again) = (of(LIVE), of(LIVE_AGAIN));
                    let again = (*name != LIVE_AGAIN).then_some(again.as_slice());
                    let verdicts = findings.beside_live.entry(name).or_default();
                    verdicts.insert(step, Verdict::on(&live, again, &theirs));
                }
            }
        }
        findings
    }
}

impl Quantiles {
    fn of(micros: &[f64]) -> Self {
        let at = |share| statistics::quantile(micros, share);
        Self {
            p05: at(0.05),
            p25: at(0.25),
            p50: at(0.5),
            p75: at(0.75),
            p95: at(0.95),
            p99: at(0.99),
        }
    }
}

/// Whom to try a wrong password at.
#[derive(Clone, Copy, Debug)]
struct Target {
    name: &'static str,
    users: &'static [&'static str],
}

impl Target {
    fn user(&self, round: usize) -> &'static str {
        let turn = round % self.users.len();
        self.users.get(turn).copied().unwrap_or_default()
    }
}

const LIVE: &str = "live";
/// Another live one: how far it is from the first is what the noise of the machine makes of nothing.
const LIVE_AGAIN: &str = "another live (A/A)";
const TARGETS: [Target; 6] = [
    Target {
        name: LIVE,
        users: &["live-one"],
    },
    Target {
        name: LIVE_AGAIN,
        users: &["live-two"],
    },
    Target {
        name: "unknown",
        users: &["nobody-x"],
    },
    Target {
        name: "unknown role",
        // By turns: a server that is asked more often than the other is a little quicker.
        users: &["nobody.live-one", "nobody.live-two"],
    },
    Target {
        name: "disabled",
        users: &["disabled"],
    },
    Target {
        name: "stopped",
        users: &["stopped-"],
    },
];
/// Until the proxy has seen as many refusals as it draws from.
const WARM_UP: usize = 600;
