//! Interleaved rounds: every peer once per round, each time in another place and mostly behind another peer, compared
//! within the round.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;
use serde::Serialize;

use super::peer::Peer;
use super::site::Site;
use super::workload::{Sample, Workload};

/// How long everything takes.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Effort {
    pub(super) rounds: usize,
    pub(super) seconds: u32,
    /// The same for what is not pgbench, which knows whole seconds only.
    pub(super) connect_seconds: f64,
    pub(super) idle_sessions: usize,
    pub(super) idle_rounds: usize,
    /// As many as can be, where that is not left out.
    pub(super) most_sessions: Option<usize>,
    /// Of 1,001 bytes, in each direction.
    pub(super) bulk_rows: u64,
    pub(super) tenants_known: &'static [(&'static str, usize)],
}

/// All rounds of one workload.
#[derive(Debug, Serialize)]
pub(super) struct Series {
    pub(super) workload: &'static str,
    command: String,
    /// In the order of the table; the first is what the others are compared with.
    pub(super) peers: Vec<&'static str>,
    rounds: Vec<Round>,
}

#[derive(Debug, Serialize)]
struct Round {
    /// The machine's load when the round began: how many others wanted the processors.
    load: String,
    order: Vec<&'static str>,
    samples: BTreeMap<&'static str, Sample>,
}

impl Series {
    pub(super) fn play(
        workload: &Workload,
        site: &Site,
        peers: &[Peer],
        effort: Effort,
    ) -> Result<Self> {
        let mut rounds = Vec::new();
        for number in 0..effort.rounds {
            println!(
                "{}, round {} of {}",
                workload.title,
                number + 1,
                effort.rounds
            );
            let order: Vec<&Peer> = order(peers.len(), number)
                .filter_map(|index| peers.get(index))
                .collect();
            let mut round = Round {
                load: load(),
                order: order.iter().map(|peer| peer.name).collect(),
                samples: BTreeMap::new(),
            };
            for peer in order {
                let sample = workload.measure(site, peer, effort)?;
                round.samples.insert(peer.name, sample);
            }
            rounds.push(round);
        }
        Ok(Self {
            workload: workload.title,
            command: workload.command(),
            peers: peers.iter().map(|peer| peer.name).collect(),
            rounds,
        })
    }

    /// One number of this peer in every round.
    pub(super) fn of(&self, peer: &str, pick: impl Fn(&Sample) -> Option<f64>) -> Spread {
        let samples = self
            .rounds
            .iter()
            .filter_map(|round| round.samples.get(peer));
        Spread::of(samples.filter_map(pick).collect())
    }

    /// This peer's number divided by another's of the same round.
    pub(super) fn ratio(
        &self,
        peer: &str,
        to: &str,
        pick: impl Fn(&Sample) -> Option<f64>,
    ) -> Spread {
        self.ratio_to_least(peer, &[to], pick)
    }

    /// This peer's number divided by the least that any of some others had in the same round.
    pub(super) fn ratio_to_least(
        &self,
        peer: &str,
        to: &[&str],
        pick: impl Fn(&Sample) -> Option<f64>,
    ) -> Spread {
        let ratio = |round: &Round| {
            let of = |name: &str| round.samples.get(name).and_then(&pick);
            let least = to.iter().filter_map(|name| of(name)).min_by(f64::total_cmp);
            Some(of(peer)? / least?)
        };
        Spread::of(self.rounds.iter().filter_map(ratio).collect())
    }
}

/// The places of so many peers in this round: a row of a Latin square after Williams (1949). In as many rounds as there are
/// peers, each has every place once, and those before and behind it change.
fn order(peers: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..peers).map(move |place| {
        let zigzag = if place % 2 == 1 {
            place.div_ceil(2)
        } else {
            peers - place / 2
        };
        (zigzag + round) % peers
    })
}

/// The median of some rounds, with the lowest and the highest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Spread {
    /// Of nothing, it is not a number.
    pub(super) fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        let at = |index: usize| numbers.get(index).copied().unwrap_or(f64::NAN);
        let last = numbers.len().saturating_sub(1);
        Self {
            median: f64::midpoint(at(last / 2), at(last.div_ceil(2))),
            low: at(0),
            high: at(last),
        }
    }
}

pub(super) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_peer_has_every_place_and_does_not_always_follow_the_same() {
        for peers in 1..=9 {
            let rounds: Vec<Vec<usize>> = (0..peers)
                .map(|round| order(peers, round).collect())
                .collect();
            for peer in 0..peers {
                let places: BTreeSet<_> = rounds
                    .iter()
                    .map(|round| round.iter().position(|other| *other == peer).unwrap())
                    .collect();
                assert_eq!(places.len(), peers);
                let before: BTreeSet<_> = rounds
                    .iter()
                    .flat_map(|round| round.windows(2))
                    .filter(|pair| pair[1] == peer)
                    .map(|pair| pair[0])
                    .collect();
                assert!(before.len() >= peers / 2, "{peers} {before:?}");
            }
        }
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        let spread = Spread::of(vec![4.0, 1.0, 2.0, 3.0]);
        assert_eq!(
            spread,
            Spread {
                median: 2.5,
                low: 1.0,
                high: 4.0
            }
        );
    }

    #[test]
    fn nothing_has_no_median() {
        assert!(Spread::of(Vec::new()).median.is_nan());
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let sample = |per_second| Sample {
            per_second,
            proxy_cpu_us: None,
            p50_us: None,
            p99_us: None,
        };
        let round = |a, b| Round {
            load: String::new(),
            order: Vec::new(),
            samples: BTreeMap::from([("a", sample(a)), ("b", sample(b))]),
        };
        let rounds = Series {
            workload: "",
            command: String::new(),
            peers: vec!["a", "b"],
            rounds: vec![round(10.0, 5.0), round(1000.0, 500.0)],
        };
        let ratio = rounds.ratio("b", "a", |sample| Some(sample.per_second));
        assert_eq!((ratio.low, ratio.high), (0.5, 0.5));
        let least = rounds.ratio_to_least("a", &["a", "b"], |sample| Some(sample.per_second));
        assert_eq!((least.low, least.high), (2.0, 2.0));
    }
}
